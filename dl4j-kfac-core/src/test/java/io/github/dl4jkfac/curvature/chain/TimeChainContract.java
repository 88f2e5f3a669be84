package io.github.dl4jkfac.curvature.chain;

import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.trace;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.CurvatureBlockContract;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.TestBlock;
import io.github.dl4jkfac.curvature.chain.TimeChainMath.Moments;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What both chain models have in common: sequences of up to four steps. */
abstract class TimeChainContract extends CurvatureBlockContract {

    private static final int STEPS = 4;

    @Override
    protected final BlockShape shape() {
        return BlockShape.of(ParameterKind.RECURRENT, 4, 3, true);
    }

    /** Every third sample has only two steps. */
    @Override
    protected final BatchRows batch(long seed, int samples, DataType type) {
        INDArray weights = Nd4j.ones(type, (long) samples * STEPS, 1);
        int masked = 0;
        for (int n = 0; n < samples; n += 3) {
            weights.putScalar((long) n * STEPS + 2, 0, 0);
            weights.putScalar((long) n * STEPS + 3, 0, 0);
            masked += 2;
        }
        INDArray inputs = normal(seed, (long) samples * STEPS, 4).castTo(type);
        INDArray derivatives = normal(100 + seed, (long) samples * STEPS, 3).castTo(type);
        derivatives.muliColumnVector(weights);
        return new OuterProductRows(InputSource.of(inputs), derivatives, weights, samples * STEPS - masked, samples);
    }

    @Override
    protected final BatchRows masked(int samples) {
        long rows = (long) samples * STEPS;
        INDArray none = Nd4j.zeros(DataType.DOUBLE, rows, 1);
        return new OuterProductRows(
                InputSource.of(normal(1, rows, 4)), Nd4j.zeros(DataType.DOUBLE, rows, 3), none, 0, samples);
    }

    @Override
    protected final BatchRows dead(int samples) {
        long rows = (long) samples * STEPS;
        return OuterProductRows.of(InputSource.of(normal(1, rows, 4)), Nd4j.zeros(DataType.DOUBLE, rows, 3), samples);
    }

    @Override
    protected final INDArray damped(TestBlock block, double damping) {
        Moments a = new Moments(block.symmetric("A"), block.state().get("A_lag"));
        Moments g = new Moments(block.symmetric("G"), block.state().get("G_lag"));
        double gamma = Math.sqrt(damping);
        double pi = Math.sqrt((trace(a.zero()) / 5) / (trace(g.zero()) / 3));
        return sumOverSteps(block, a.damped(pi * gamma), g.damped(gamma / pi));
    }

    /** @param g of all steps of a sample together */
    abstract INDArray sumOverSteps(TestBlock block, Moments a, Moments g);
}
