package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.curvature.BlockKind;
import io.github.dl4jkfac.plan.BlockSite;
import io.github.dl4jkfac.step.RefreshPlan;

/** What {@link ExactFisher} decides. */
final class SampleSpaceMethod extends UpdaterMethod {

    /** Most rows of J: the Gram matrix and its inverse take 16 bytes for each pair of them. */
    static final long MOST_ROWS = 8192;

    private final SampleSpaceOptions samples;

    SampleSpaceMethod(ExactFisher updater, SampleSpaceOptions samples) {
        super(updater);
        this.samples = samples;
    }

    /** iEF weighs the samples by itself, so that it wants their gradients as they are. */
    @Override
    public DerivativeSource source() {
        return needsOutputNorms()
                ? DerivativeSource.TRUE_LABELS
                : samples.curvature().source();
    }

    @Override
    public boolean needsOutputNorms() {
        return samples.curvature() == Curvature.IMPROVED_EMPIRICAL_FISHER;
    }

    /** A kind of block that somebody has registered for his own rows goes first. */
    @Override
    public BlockKind kindAt(BlockSite site) {
        return site.group().type() == null ? samples.kind() : site.group().type();
    }

    @Override
    public String jointKeyAt(BlockSite site) {
        return samples.layerWise() || site.group().type() != null ? null : "whole network";
    }

    @Override
    public String obstacleAt(BlockSite site) {
        throw new IllegalStateException("there is a Gram matrix for every group of parameters");
    }

    @Override
    public RefreshPlan refreshPlan() {
        return new RefreshPlan(1, 1, false);
    }

    @Override
    public boolean searchesLine() {
        return samples.lineSearch();
    }

    @Override
    public boolean adaptsDamping() {
        return samples.adaptiveDamping();
    }

    @Override
    public void requireAffordable(long rows) {
        if (rows > MOST_ROWS) {
            throw new IllegalStateException("ExactFisher: the Gram matrix of this batch would have " + rows
                    + " rows, more than " + MOST_ROWS + ". "
                    + (samples.curvature() == Curvature.EXACT_FISHER
                            ? "Curvature.EXACT_FISHER has a row for each sample and each output: take smaller batches, or"
                                    + " Curvature.RANDOM_SIGN_FISHER, which has a row for each sample."
                            : "Take smaller batches."));
        }
    }

    @Override
    public String caveat(NetworkView network) {
        return network.couplesSamples()
                ? "batch normalisation couples the samples of a batch, so that their gradients are not the derivatives of"
                        + " the samples' losses, and the matrix is an approximation"
                : null;
    }
}
