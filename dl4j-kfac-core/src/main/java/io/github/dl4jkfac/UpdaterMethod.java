package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.curvature.BlockKind;
import io.github.dl4jkfac.plan.BlockSite;
import io.github.dl4jkfac.plan.Method;
import io.github.dl4jkfac.step.Hyperparameters;
import io.github.dl4jkfac.step.Momentum;
import io.github.dl4jkfac.step.RefreshPlan;

/**
 * An updater as the engine sees it: what it decides, without becoming public for that.
 *
 * @param updater decides
 */
record UpdaterMethod(NaturalGradientUpdater updater) implements Method {

    @Override
    public String name() {
        return updater.name();
    }

    @Override
    public Hyperparameters hyperparameters() {
        return updater.hyperparameters();
    }

    @Override
    public boolean usesCurvature() {
        return updater.usesCurvature();
    }

    @Override
    public DerivativeSource source() {
        return updater.source();
    }

    @Override
    public String curvatureFrom(DerivativeSource source) {
        return String.valueOf(Curvature.of(source));
    }

    @Override
    public BlockKind kindAt(BlockSite site) {
        return updater.kindAt(site);
    }

    @Override
    public String obstacleAt(BlockSite site) {
        return updater.obstacleAt(site);
    }

    @Override
    public String jointKeyAt(BlockSite site) {
        return updater.jointKeyAt(site);
    }

    @Override
    public boolean asksForChains() {
        return updater.asksForChains();
    }

    @Override
    public boolean wantsChain(ParameterGroup group) {
        return updater.wantsChain(group);
    }

    @Override
    public Momentum momentum() {
        return updater.momentumKind();
    }

    @Override
    public double weightDecay() {
        return updater.decay();
    }

    @Override
    public boolean isDampedByL2() {
        return updater.isDampedByL2();
    }

    @Override
    public boolean needsOutputNorms() {
        return updater.needsOutputNorms();
    }

    @Override
    public void requireAffordable(long rows) {
        updater.requireAffordable(rows);
    }

    @Override
    public boolean searchesLine() {
        return updater.searchesLine();
    }

    @Override
    public boolean adaptsDamping() {
        return updater.adaptsDamping();
    }

    @Override
    public String caveat(NetworkView network) {
        return updater.caveat(network);
    }

    @Override
    public RefreshPlan refreshPlan() {
        return updater.refreshPlan();
    }

    @Override
    public boolean agreesWith(Method other) {
        return other instanceof UpdaterMethod method
                && updater.getClass() == method.updater.getClass()
                && updater.networkWide().equals(method.updater.networkWide());
    }

    @Override
    public String toString() {
        return updater.toString();
    }
}
