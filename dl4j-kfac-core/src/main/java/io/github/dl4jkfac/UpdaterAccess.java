package io.github.dl4jkfac;

import io.github.dl4jkfac.plan.Method;
import io.github.dl4jkfac.plan.Updaters;
import io.github.dl4jkfac.state.StateLayout;
import org.nd4j.linalg.learning.config.IUpdater;

/** The one bridge from the engine to what the updaters keep to this package. */
final class UpdaterAccess implements Updaters {

    @Override
    public Method methodOf(IUpdater updater) {
        return updater instanceof NaturalGradientUpdater own ? own.method() : null;
    }

    @Override
    public boolean isOurs(IUpdater updater) {
        return updater instanceof NaturalGradientUpdater;
    }

    @Override
    public StateLayout layoutOf(IUpdater ours) {
        return ((NaturalGradientUpdater) ours).layout();
    }

    @Override
    public IUpdater withLayout(IUpdater ours, StateLayout layout) {
        return ((NaturalGradientUpdater) ours).withLayout(layout);
    }

    @Override
    public boolean haveSameSettings(IUpdater one, IUpdater other) {
        return one instanceof NaturalGradientUpdater first
                && other instanceof NaturalGradientUpdater second
                && first.hasSettingsOf(second);
    }

    @Override
    public String makerOf(IUpdater ours) {
        return ((NaturalGradientUpdater) ours).maker();
    }

    @Override
    public IUpdater fallbackOf(IUpdater ours) {
        NaturalGradientUpdater own = (NaturalGradientUpdater) ours;
        return own.usesFallback() ? own.fallbackOrNull() : null;
    }

    @Override
    public void requireSound(IUpdater ours) {
        ((NaturalGradientUpdater) ours).requireSound();
    }

    @Override
    public void requireUsable(IUpdater ours, int iteration, int epoch, boolean byFallback) {
        ((NaturalGradientUpdater) ours).requireUsable(iteration, epoch, byFallback);
    }
}
