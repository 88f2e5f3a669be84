package io.github.dl4jkfac.solve;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the native linear algebra of this process computes what it should, by type of number. Found out once, at its
 * first use, in about a tenth of a second.
 *
 * @param floats what is wrong with LAPACK for {@code FLOAT}; null if nothing is
 * @param doubles what is wrong with LAPACK for {@code DOUBLE}; null if nothing is
 * @param products what is wrong with the products that Deeplearning4j itself is made of; null if nothing is
 */
record LapackHealth(String floats, String doubles, String products) {

    private static final Logger LOG = LoggerFactory.getLogger(LapackHealth.class);

    private static final String VARIABLE = "OPENBLAS_CORETYPE";

    private static final class OfProcess {
        private static final LapackHealth HEALTH = examine();
    }

    /** The health of this process's LAPACK; whatever is wrong is logged as a warning, once. */
    static LapackHealth ofProcess() {
        return OfProcess.HEALTH;
    }

    private static LapackHealth examine() {
        LapackSolver lapack = new LapackSolver();
        String floatProducts = SelfCheck.ofProducts(DataType.FLOAT);
        String doubleProducts = SelfCheck.ofProducts(DataType.DOUBLE);
        LapackHealth health = new LapackHealth(
                SelfCheck.ofSolver(lapack, DataType.FLOAT),
                SelfCheck.ofSolver(lapack, DataType.DOUBLE),
                floatProducts == null ? doubleProducts : floatProducts);
        if (!health.isSound()) {
            LOG.warn("{}", health.warning());
        }
        return health;
    }

    /** What the user can do, as an imperative without a full stop. */
    static String remedy() {
        String bom =
                "import io.github.dl4jkfac:dl4j-kfac-bom in front of Deeplearning4j, which brings a newer OpenBLAS";
        if (!isX86()) {
            return bom;
        }
        String set = System.getenv(VARIABLE);
        return "on a processor with AVX2 set the environment variable " + VARIABLE + "=Haswell before Java starts"
                + (set == null ? "" : " (it is " + set + " now)") + ", or " + bom;
    }

    static boolean isX86() {
        String architecture = System.getProperty("os.arch");
        return architecture.equals("amd64") || architecture.equals("x86_64");
    }

    boolean isSound() {
        return floats == null && doubles == null && products == null;
    }

    /** Says why LAPACK must not be used for some type, or null. */
    String obstacle() {
        List<String> faults = new ArrayList<>();
        if (floats != null) {
            faults.add("for FLOAT, " + floats);
        }
        if (doubles != null) {
            faults.add("for DOUBLE, " + doubles);
        }
        return faults.isEmpty() ? null : "OpenBLAS computes wrong results here (" + String.join("; ", faults) + ")";
    }

    String warning() {
        String obstacle = obstacle();
        StringBuilder text = new StringBuilder();
        if (obstacle != null) {
            text.append(obstacle)
                    .append(". K-FAC leaves it alone for that type and uses ND4J's operations, which takes longer. ");
        }
        if (products != null) {
            text.append("ND4J's matrix products, and with them all of Deeplearning4j, are wrong: ")
                    .append(products)
                    .append(". ");
        }
        return text + "To cure that, " + remedy() + ".";
    }

    /** The fastest solver that is right for each type. */
    SymmetricSolver solver() {
        SymmetricSolver lapack = new LapackSolver();
        SymmetricSolver substitute = new UnblockedSolver();
        if ((floats == null) == (doubles == null)) {
            return floats == null ? lapack : substitute;
        }
        return new SolverByType(floats == null ? lapack : substitute, doubles == null ? lapack : substitute);
    }
}
