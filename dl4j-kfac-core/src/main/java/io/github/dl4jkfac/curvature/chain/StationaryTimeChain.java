package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The chain in the limit of long sequences (Martens, Ba, Johnson 2018, option 2): moments of lag 1 as they are, and as
 * many pairs of steps at every distance as there are steps.
 */
final class StationaryTimeChain implements TimeChainModel {

    /** Least part of a step, as variance, that the step before it does not determine; bounds the inverse. */
    static final double FLOOR = 1e-3;

    @Override
    public String name() {
        return "StationaryChain";
    }

    @Override
    public boolean hasTransitions() {
        return true;
    }

    @Override
    public List<Slice> slices(BlockShape shape) {
        return List.of();
    }

    @Override
    public void update(OuterProductRows rows, BlockState state, double keep) {
        // the moments are all it needs
    }

    @Override
    public Modes modes(LagMoments moments, double shift) {
        INDArray whitening = moments.whitening(shift);
        return Modes.regression(whitening, moments.lag(), whitening, moments.solver());
    }

    @Override
    public DoubleBinaryOperator gain(BlockState state) {
        return (a, g) -> 1 / Math.max(FLOOR, 1 - determined(a) * determined(g));
    }

    /** Between 0 and 1, but for rounding. */
    private static double determined(double eigenvalue) {
        return Math.max(0, Math.min(1, eigenvalue));
    }

    @Override
    public IntToDoubleFunction lagWeights(BlockState state) {
        return d -> 1;
    }

    @Override
    public INDArray lag(LagMoments moments) {
        return moments.lag();
    }

    @Override
    public double modesFlops() {
        return 27; // two eigendecompositions of 9, four products of 2, one Gram matrix
    }
}
