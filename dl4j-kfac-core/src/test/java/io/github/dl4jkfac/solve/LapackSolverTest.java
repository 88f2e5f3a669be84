package io.github.dl4jkfac.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner.ExecutionerType;
import org.nd4j.linalg.factory.Nd4j;

class LapackSolverTest extends SymmetricSolverContract {

    @Override
    SymmetricSolver createSolver() {
        assumeTrue(Nd4j.getExecutioner().type() == ExecutionerType.NATIVE_CPU);
        return new LapackSolver();
    }

    // PortableSolver has no such test: ND4J's own garbage moves resident memory by more than a leak would.
    @Test
    void nativeMemoryStaysFlat() {
        int threads = BlasThreads.get();
        // Several BLAS threads would spin at these sizes, which takes long on a busy machine.
        BlasThreads.set(1);
        try {
            Runnable round = round(new LapackSolver(), 128);
            long early = Math.max(memoryAfter(round), memoryAfter(round));
            long late = Math.min(memoryAfter(round), memoryAfter(round));

            // Resident memory wavers, so the lowest late reading is compared with the highest early
            // one. Between them lie 800 rounds: one matrix leaked by each would be 52 MB.
            assertThat(late - early).isLessThan(40L << 20);
        } finally {
            BlasThreads.set(threads);
        }
    }

    private static Runnable round(SymmetricSolver solver, int n) {
        INDArray m = Matrices.spd(n, 10, 1).castTo(DataType.FLOAT).dup('f');
        INDArray x = Matrices.Layout.SPREAD.of(Matrices.random(20, n), DataType.FLOAT);
        INDArray inverse = m.dup('f');
        INDArray work = m.dup('f');
        INDArray out = m.dup('f');
        INDArray values = Nd4j.create(DataType.FLOAT, n);
        return () -> {
            solver.invert(m, 0.1, inverse);
            solver.sandwich(inverse, m, inverse, work, out);
            solver.gramLower(x, 1, 0, out);
            solver.copyMatrix(m, out);
            solver.eigen(out, values);
        };
    }

    /** Resident memory after 800 rounds and a collection, which frees the garbage of the calls. */
    private static long memoryAfter(Runnable round) {
        for (int i = 0; i < 800; i++) {
            round.run();
        }
        System.gc();
        return Pointer.physicalBytes();
    }
}
