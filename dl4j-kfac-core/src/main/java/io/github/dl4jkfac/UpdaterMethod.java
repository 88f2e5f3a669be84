package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.plan.BlockSite;
import io.github.dl4jkfac.plan.Method;
import io.github.dl4jkfac.step.Hyperparameters;
import io.github.dl4jkfac.step.Momentum;
import io.github.dl4jkfac.step.RefreshPlan;

/** An updater as the engine sees it: what it decides, without becoming public for that. What most updaters decide alike is here. */
abstract class UpdaterMethod implements Method {

    private final NaturalGradientUpdater updater;

    /** @param updater whose options decide */
    UpdaterMethod(NaturalGradientUpdater updater) {
        this.updater = updater;
    }

    @Override
    public final String name() {
        return updater.name();
    }

    @Override
    public final Hyperparameters hyperparameters() {
        return updater.hyperparameters();
    }

    @Override
    public boolean usesCurvature() {
        return true;
    }

    @Override
    public final String curvatureFrom(DerivativeSource source) {
        return String.valueOf(Curvature.of(source));
    }

    @Override
    public String jointKeyAt(BlockSite site) {
        return null;
    }

    @Override
    public boolean asksForChains() {
        return false;
    }

    @Override
    public boolean wantsChain(ParameterGroup group) {
        return false;
    }

    @Override
    public Momentum momentum() {
        return Momentum.OF_STEPS;
    }

    @Override
    public double weightDecay() {
        return 0;
    }

    @Override
    public boolean isInUnitsOfObjective() {
        return true;
    }

    @Override
    public boolean needsOutputNorms() {
        return false;
    }

    @Override
    public void requireAffordable(long rows) {
        // moving averages do not grow with the batch
    }

    @Override
    public boolean searchesLine() {
        return false;
    }

    @Override
    public boolean adaptsDamping() {
        return false;
    }

    @Override
    public String caveat(NetworkView network) {
        return null;
    }

    @Override
    public RefreshPlan refreshPlan() {
        return new RefreshPlan(
                hyperparameters().statistics().statisticsInterval(),
                hyperparameters().refresh().inverseInterval());
    }

    @Override
    public final boolean agreesWith(Method other) {
        return other instanceof UpdaterMethod method
                && updater.getClass() == method.updater.getClass()
                && updater.networkWide().equals(method.updater.networkWide());
    }

    @Override
    public String toString() {
        return updater.toString();
    }
}
