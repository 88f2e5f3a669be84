package io.github.dl4jkfac.examples.kernels;

import io.github.dl4jkfac.solve.BlasThreads;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.solve.SymmetricSolver;
import java.util.concurrent.TimeUnit;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The linear algebra of a layer with n inputs and n outputs, in float32. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class SolverKernels {

    private static final double SHIFT = 1e-2;

    /** Side of the factors. */
    @Param({"257", "513", "1001", "2049"})
    public int n;

    /** Threads of BLAS. */
    @Param("1")
    public int threads;

    private SymmetricSolver solver;
    private INDArray rows;
    private INDArray factor;
    private INDArray inverse;
    private INDArray gradient;
    private INDArray work;
    private INDArray out;
    private INDArray vectors;
    private INDArray values;

    /** Makes random matrices, the same in each run. */
    @Setup(Level.Trial)
    public void prepare() {
        BlasThreads.set(threads);
        solver = Solvers.forBackend();
        Nd4j.getRandom().setSeed(1);
        rows = Nd4j.randn(DataType.FLOAT, n, n).dup('f');
        factor = Nd4j.create(DataType.FLOAT, new long[] {n, n}, 'f');
        solver.gramLower(rows, 1.0 / n, 0, factor);
        solver.mirrorLower(factor);
        inverse = factor.dup('f');
        solver.invert(factor, SHIFT, inverse);
        gradient = Nd4j.randn(DataType.FLOAT, n, n).dup('f');
        work = gradient.dup('f');
        out = gradient.dup('f');
        vectors = factor.dup('f');
        values = Nd4j.create(DataType.FLOAT, n);
    }

    /** @return a product of two matrices, which the others are held against */
    @Benchmark
    public INDArray product() {
        return Nd4j.gemm(rows, gradient, out, false, false, 1, 0);
    }

    /** @return the moving average of a factor, with n rows */
    @Benchmark
    public INDArray statistics() {
        solver.gramLower(rows, SHIFT, 1 - SHIFT, vectors);
        return vectors;
    }

    /** @return a damped inverse */
    @Benchmark
    public INDArray inversion() {
        solver.invert(factor, SHIFT, out);
        return out;
    }

    /** @return eigenvectors */
    @Benchmark
    public INDArray eigenvectors() {
        solver.copyMatrix(factor, vectors);
        solver.eigen(vectors, values);
        return vectors;
    }

    /** @return a preconditioned gradient */
    @Benchmark
    public INDArray preconditioning() {
        solver.sandwich(inverse, gradient, inverse, work, out);
        return out;
    }
}
