package io.github.dl4jkfac.session;

import io.github.dl4jkfac.plan.Updaters;
import io.github.dl4jkfac.state.StateLayout;
import io.github.dl4jkfac.step.NaturalGradientWorker;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * What has to hold before a network's step: values that can be used, wherever they come from, and an updater state that is the
 * updaters' own. Asked before every step, when nothing has changed yet.
 */
final class StepRequirements {

    private final Updaters updaters;
    private final List<Served> all = new ArrayList<>();
    private final List<NaturalGradientWorker> workers = new ArrayList<>();

    private record Served(String layer, IUpdater updater, boolean byFallback) {}

    /** @param blocks those of DL4J's present updater */
    StepRequirements(Updaters updaters, List<UpdaterBlock> blocks) {
        this.updaters = updaters;
        for (UpdaterBlock block : blocks) {
            IUpdater updater = block.getGradientUpdater().getConfig();
            StateLayout layout = updaters.isOurs(updater) ? updaters.layoutOf(updater) : null;
            if (layout != null && layout.role() != StateLayout.Role.NO_STEP) {
                all.add(new Served(layout.layer(), updater, layout.role() == StateLayout.Role.FALLBACK));
            }
            if (block.getGradientUpdater() instanceof NaturalGradientWorker worker) {
                workers.add(worker);
            }
        }
    }

    /**
     * @throws IllegalArgumentException naming layer, updater, option, value, time and remedy
     * @throws IllegalStateException if the updater state is another updater's
     */
    void check(int iteration, int epoch) {
        for (Served served : all) {
            try {
                updaters.requireUsable(served.updater, iteration, epoch, served.byFallback);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "Layer '" + served.layer + "': " + e.getMessage() + ". Nothing has changed in this step.", e);
            }
        }
        requireOwnStates();
    }

    /** @throws IllegalStateException if the updater state is another updater's */
    void requireOwnStates() {
        workers.forEach(NaturalGradientWorker::requireOwnState);
    }
}
