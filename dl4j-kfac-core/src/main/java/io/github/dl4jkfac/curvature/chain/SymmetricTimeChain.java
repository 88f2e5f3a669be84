package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The chain whose moments of lag 1 are symmetric (Martens, Ba, Johnson 2018, option 1): all lags share their
 * eigenvectors then, and the sum over the lags of sequences of finite length is a sum of numbers.
 */
final class SymmetricTimeChain implements TimeChainModel {

    /**
     * Least sum over the lags, relative to lag 0, that is inverted: where gradients alternate in sign from step to step, their sum
     * all but vanishes, and so does the damping that lag 0 contains.
     */
    static final double FLOOR = 1e-3;

    @Override
    public String name() {
        return "SymmetricChain";
    }

    @Override
    public boolean hasTransitions() {
        return false;
    }

    @Override
    public List<Slice> slices(BlockShape shape) {
        return List.of(Slice.statistic(LagCounts.SLICE, LagCounts.LAGS, 1, Slice.Weight.SAMPLES));
    }

    @Override
    public void update(OuterProductRows rows, BlockState state, double keep) {
        new LagCounts(state.get(LagCounts.SLICE)).update(rows, keep);
    }

    @Override
    public Modes modes(LagMoments moments, double shift) {
        INDArray whitening = moments.whitening(shift);
        INDArray vectors =
                whitening.transpose().mmul(lag(moments)).mmul(whitening).dup('f');
        INDArray values = Nd4j.create(vectors.dataType(), vectors.size(0));
        moments.solver().eigen(vectors, values);
        return new Modes(whitening.mmul(vectors), values.toDoubleVector(), null);
    }

    @Override
    public DoubleBinaryOperator gain(BlockState state) {
        LagCounts.Weights weights = new LagCounts(state.get(LagCounts.SLICE)).weights();
        return (a, g) -> 1 / Math.max(FLOOR, weights.sum(correlation(a) * correlation(g)));
    }

    /** By Cauchy and Schwarz none is beyond 1, but for rounding. */
    private static double correlation(double eigenvalue) {
        return Math.max(-1, Math.min(1, eigenvalue));
    }

    @Override
    public IntToDoubleFunction lagWeights(BlockState state) {
        return new LagCounts(state.get(LagCounts.SLICE)).weights()::at;
    }

    @Override
    public INDArray lag(LagMoments moments) {
        return moments.symmetricLag();
    }

    @Override
    public double modesFlops() {
        return 24; // two eigendecompositions of 9, three products of 2
    }
}
