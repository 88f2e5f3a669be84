package io.github.dl4jkfac.solve;

import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;

/** LAPACK on ND4J's buffers, if these are in main memory, OpenBLAS loads, and it passes a check. */
final class LapackProvider implements SolverProvider {

    @Override
    public String name() {
        return "lapack";
    }

    @Override
    public int rank() {
        return 100;
    }

    @Override
    public String obstacle() {
        OpExecutioner.ExecutionerType backend = Nd4j.getExecutioner().type();
        if (backend != OpExecutioner.ExecutionerType.NATIVE_CPU) {
            return "the ND4J backend is " + backend;
        }
        try {
            LapackSolver.load();
            return null;
        } catch (LinkageError e) {
            return "OpenBLAS does not load: " + e;
        }
    }

    @Override
    public String fault() {
        String fault = LapackHealth.ofProcess().obstacle();
        return fault == null ? null : fault + ". Take the property away, or " + LapackHealth.remedy();
    }

    /** A type for which LAPACK computes wrong results gets another solver. */
    @Override
    public SymmetricSolver create() {
        return LapackHealth.ofProcess().solver();
    }
}
