package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;

/** One of the two ways in which Martens, Ba and Johnson (2018) make the chain model's inverse cheap. Has no state. */
interface TimeChainModel {

    /** The name of the kind of block. It stands in saved models: a state is carried on only where it is the same. */
    String name();

    /** Whether {@link Modes} have a transition. */
    boolean hasTransitions();

    /** What the model keeps beyond the moments and the inverse. */
    List<Slice> slices(BlockShape shape);

    /**
     * Folds what the model needs beyond the moments of lag 0 and 1 into the state.
     *
     * @param keep weight of the old averages, in [0,1)
     */
    void update(OuterProductRows rows, BlockState state, double keep);

    /**
     * One side of the inverse, with the transition Psi = (M_0 + shift I)^-1 M_1 if there are transitions.
     *
     * @param moments that side of the block; not modified
     * @param shift damping of that side, &gt;= 0
     * @throws FactorisationException if the moments are not finite
     */
    Modes modes(LagMoments moments, double shift);

    /** The inverse's entry y for a pair of values, one of each side; A_0 and G_0 have been divided out. */
    DoubleBinaryOperator gain(BlockState state);

    /** How often pairs at distance d count, relative to distance 0. */
    IntToDoubleFunction lagWeights(BlockState state);

    /** M_1 as the model takes it, [d,d]. */
    INDArray lag(LagMoments moments);

    /** Estimated cost of {@link #modes} for a side of d dimensions, in units of d cubed. */
    double modesFlops();
}
