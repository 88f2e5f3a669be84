package io.github.dl4jkfac.cuda;

import io.github.dl4jkfac.solve.NativeFloor;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.solve.SymmetricSolver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Times the GPU beside LAPACK: {@code SolverTimes CSV [order...]}. Times on the GPU include the copies in both
 * directions. Each time is the median of the rounds after a first one that does not count. Residuals are the greatest
 * entries of A A^-1 - I and of Q diag(w) Q^T - A, by products of the CPU; for two-sided products L V R it is the greatest
 * difference from the CPU's.
 */
public final class SolverTimes {

    private static final int[] ORDERS = {256, 500, 1001, 2048, 4096, 8192};

    /** Beyond it float64 takes long on the CPU, and so do eigenvectors. */
    private static final int LARGE = 4096;

    private static final double DAMPING = 0.01;

    private static final String HEADER =
            "operation,type,order,lapack_seconds,cuda_seconds,ratio,lapack_residual,cuda_residual";

    private final SymmetricSolver lapack = Solvers.ofLibrary();

    private final SymmetricSolver cuda;

    private final List<String> lines = new ArrayList<>(List.of(HEADER));

    private SolverTimes(GuardedDevice device) {
        this.cuda = new CudaSolver(device, lapack, 2);
    }

    /**
     * Measures, prints a table and writes it.
     *
     * @param arguments path of the CSV file, then orders in place of the usual ones
     * @throws IOException if the file cannot be written
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length == 0) {
            System.err.println("usage: SolverTimes CSV [order...]");
            System.exit(2);
        }
        DeviceSearch search = DeviceSearch.ofProcess();
        if (search.obstacle() != null) {
            System.out.println("There is no GPU to measure, as " + search.obstacle());
            System.exit(3);
        }
        int[] orders = arguments.length == 1
                ? ORDERS
                : Arrays.stream(arguments, 1, arguments.length)
                        .mapToInt(Integer::parseInt)
                        .toArray();
        System.out.println("GPU: " + search.device());
        System.out.println("CPU: " + NativeFloor.describe());
        new SolverTimes(search.device()).measure(orders, Path.of(arguments[0]));
    }

    private void measure(int[] orders, Path csv) throws IOException {
        System.out.printf(
                "%-8s %-6s %6s %12s %12s %8s %10s %10s%n",
                "", "type", "order", "LAPACK s", "CUDA s", "ratio", "residual", "residual");
        for (int n : orders) {
            for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
                if (type == DataType.DOUBLE && n > LARGE) {
                    continue;
                }
                INDArray m = Matrices.positiveDefinite(n, type);
                inverse(m);
                sandwich(m);
                if (n <= LARGE) {
                    eigen(m);
                }
                // After each matrix, so that an interrupted run leaves what it has.
                Files.write(csv, lines);
            }
        }
    }

    private void inverse(INDArray m) {
        INDArray first = Matrices.empty(m.rows(), m.dataType());
        INDArray second = Matrices.empty(m.rows(), m.dataType());
        double host = seconds(rounds(m.rows()), nothing -> lapack.invert(m, DAMPING, first));
        double device = seconds(rounds(m.rows()), nothing -> cuda.invert(m, DAMPING, second));
        report("inverse", m, host, device, inverseResidual(m, first), inverseResidual(m, second));
    }

    /** A gradient between two factors of this order. */
    private void sandwich(INDArray m) {
        INDArray work = Matrices.empty(m.rows(), m.dataType());
        INDArray first = Matrices.empty(m.rows(), m.dataType());
        INDArray second = Matrices.empty(m.rows(), m.dataType());
        double host = seconds(rounds(m.rows()), nothing -> lapack.sandwich(m, m, m, work, first));
        double device = seconds(rounds(m.rows()), nothing -> cuda.sandwich(m, m, m, work, second));
        report("sandwich", m, host, device, 0, Matrices.distance(first, second));
    }

    private void eigen(INDArray m) {
        int n = m.rows();
        INDArray first = m.dup('f');
        INDArray second = m.dup('f');
        INDArray values = Nd4j.create(m.dataType(), n);
        double host = n < LARGE
                ? seconds(rounds(n), vectors -> lapack.eigen(vectors, values), m, first)
                : once(() -> lapack.eigen(first, values));
        double hostResidual = eigenResidual(m, first, values);
        double device = seconds(rounds(n), vectors -> cuda.eigen(vectors, values), m, second);
        report("eigen", m, host, device, hostResidual, eigenResidual(m, second, values));
    }

    /** |A A^-1 - I|, the greatest entry. */
    private static double inverseResidual(INDArray m, INDArray inverse) {
        INDArray shifted = m.add(Matrices.identity(m.rows(), m.dataType()).muli(DAMPING));
        return Matrices.distanceFromIdentity(Nd4j.gemm(shifted, inverse, false, false));
    }

    /** |Q diag(w) Q^T - A|, the greatest entry. */
    private static double eigenResidual(INDArray m, INDArray q, INDArray values) {
        return Matrices.distance(Nd4j.gemm(q.mulRowVector(values), q, false, true), m);
    }

    private static int rounds(int n) {
        return n <= 1001 ? 7 : 3;
    }

    private static double seconds(int rounds, Consumer<INDArray> work) {
        return seconds(rounds, work, null, null);
    }

    /** The median; the target is set to the source before each round, outside of its time. */
    private static double seconds(int rounds, Consumer<INDArray> work, INDArray source, INDArray target) {
        double[] times = new double[rounds];
        for (int i = -1; i < rounds; i++) {
            if (source != null) {
                target.assign(source);
            }
            double time = once(() -> work.accept(target));
            if (i >= 0) {
                times[i] = time;
            }
        }
        Arrays.sort(times);
        return times[rounds / 2];
    }

    private static double once(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return 1e-9 * (System.nanoTime() - start);
    }

    private void report(String what, INDArray m, double host, double device, double hostResidual, double residual) {
        System.out.printf(
                Locale.ROOT,
                "%-8s %-6s %6d %12.5f %12.5f %8.2f %10.1e %10.1e%n",
                what,
                m.dataType(),
                m.rows(),
                host,
                device,
                host / device,
                hostResidual,
                residual);
        lines.add(String.format(
                Locale.ROOT,
                "%s,%s,%d,%.6f,%.6f,%.3f,%.2e,%.2e",
                what,
                m.dataType(),
                m.rows(),
                host,
                device,
                host / device,
                hostResidual,
                residual));
    }
}
