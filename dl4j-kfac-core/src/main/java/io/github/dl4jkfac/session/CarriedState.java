package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.plan.NetworkPlan;
import io.github.dl4jkfac.plan.Updaters;
import io.github.dl4jkfac.state.StateLayout;
import io.github.dl4jkfac.step.BoundWorker;
import io.github.dl4jkfac.step.NaturalGradientWorker;
import io.github.dl4jkfac.step.StatelessWorker;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.conditions.Conditions;
import org.nd4j.linalg.learning.config.IUpdater;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a network's updater has learnt, while DL4J's updater is built anew from changed configurations: momentum, factors, inverses and
 * counters pass to the new one, bit for bit, where they mean the same there. All or nothing: the parts belong together.
 */
final class CarriedState {

    private static final Logger LOG = LoggerFactory.getLogger(NetworkPlan.LISTENER_LOGGER);

    private final Updaters updaters;
    private final NetworkView network;
    private final List<UpdaterBlock> old;

    private CarriedState(Updaters updaters, NetworkView network, List<UpdaterBlock> old) {
        this.updaters = updaters;
        this.network = network;
        this.old = old;
    }

    /**
     * Builds DL4J's updater of a network anew, with the state of the present one where that fits.
     *
     * @param present DL4J's updater; null if there is none, and so nothing to do
     */
    static void rebuild(Updaters updaters, NetworkView network, BaseMultiLayerUpdater<?> present) {
        if (present == null) {
            return;
        }
        CarriedState carried = new CarriedState(updaters, network, List.copyOf(present.getUpdaterBlocks()));
        network.rebuildUpdater();
        carried.settle();
    }

    private void settle() {
        List<UpdaterBlock> now = network.updater().getUpdaterBlocks();
        String obstacle = obstacle(now);
        if (obstacle == null) {
            for (int i = 0; i < now.size(); i++) {
                carry(old.get(i), now.get(i));
            }
        }
        if (hasLearnt()) {
            if (obstacle == null) {
                LOG.info(
                        "The updater goes on with its momentum and statistics; what has been changed acts from the next step.");
            } else {
                LOG.info("The updater begins anew, without momentum and statistics: {}.", obstacle);
            }
        }
    }

    /** Why the state cannot pass on; null if it can. */
    private String obstacle(List<UpdaterBlock> now) {
        for (int i = 0; i < Math.min(old.size(), now.size()); i++) {
            String obstacle = obstacle(old.get(i), now.get(i));
            if (obstacle != null) {
                return "layer '" + nameOf(now.get(i)) + "' " + obstacle;
            }
        }
        return old.size() == now.size() ? null : "Deeplearning4j cuts the parameters otherwise";
    }

    private static String nameOf(UpdaterBlock block) {
        return block.getLayersAndVariablesInBlock()
                .get(0)
                .getLayer()
                .getConfig()
                .getLayerName();
    }

    private String obstacle(UpdaterBlock before, UpdaterBlock now) {
        IUpdater first = before.getGradientUpdater().getConfig();
        IUpdater second = now.getGradientUpdater().getConfig();
        if (before.getGradientUpdater() instanceof BoundWorker coarse && coarse.isStateCoarsened()) {
            return "holds a state that has been through a type too small for it, such as HALF";
        }
        if (before.getGradientUpdater() instanceof NaturalGradientWorker worker && worker.strangerInState() != null) {
            return "holds the state of '" + worker.strangerInState() + "'";
        }
        if (updaters.isOurs(first) && updaters.isOurs(second)) {
            String obstacle = obstacle(first, second);
            if (obstacle != null) {
                return obstacle;
            }
        } else if (first.getClass() != second.getClass()) {
            return "had the updater " + first.getClass().getSimpleName() + " and has "
                    + second.getClass().getSimpleName();
        }
        return haveSameParameters(before, now) ? null : "has its parameters cut otherwise";
    }

    private static boolean haveSameParameters(UpdaterBlock before, UpdaterBlock now) {
        List<ParamState> first = before.getLayersAndVariablesInBlock();
        List<ParamState> second = now.getLayersAndVariablesInBlock();
        boolean same = first.size() == second.size();
        for (int i = 0; same && i < first.size(); i++) {
            same = first.get(i).getLayer() == second.get(i).getLayer()
                    && first.get(i).getParamName().equals(second.get(i).getParamName());
        }
        return same;
    }

    private String obstacle(IUpdater before, IUpdater now) {
        StateLayout kept = updaters.layoutOf(before);
        StateLayout keeps = updaters.layoutOf(now);
        if (kept == null) {
            return "was not attached";
        }
        if (!updaters.makerOf(before).equals(updaters.makerOf(now))) {
            return "had '" + updaters.makerOf(before) + "' and has '" + updaters.makerOf(now) + "'";
        }
        if (!kept.hasContentsOf(keeps)) {
            return "kept " + kept + " and keeps " + keeps;
        }
        boolean byFallback = keeps.role() == StateLayout.Role.FALLBACK && updaters.fallbackOf(now) != null;
        Class<?> first = byFallback ? updaters.fallbackOf(before).getClass() : null;
        Class<?> second = byFallback ? updaters.fallbackOf(now).getClass() : null;
        return Objects.equals(first, second)
                ? null
                : "had the fallback updater " + first.getSimpleName() + " and has " + second.getSimpleName();
    }

    private static void carry(UpdaterBlock before, UpdaterBlock now) {
        if (now.getGradientUpdater() instanceof NaturalGradientWorker worker) {
            worker.inherit((NaturalGradientWorker) before.getGradientUpdater());
        } else if (now.getUpdaterView() != null) {
            now.getUpdaterView().assign(before.getUpdaterView());
        }
    }

    /** Whether there was anything to lose. */
    private boolean hasLearnt() {
        return old.stream().anyMatch(CarriedState::hasLearnt);
    }

    private static boolean hasLearnt(UpdaterBlock block) {
        if (block.getGradientUpdater() instanceof BoundWorker worker) {
            return worker.steps() > 0;
        }
        INDArray view = block.getUpdaterView();
        return view != null
                && !(block.getGradientUpdater() instanceof StatelessWorker) // whose view nobody has filled
                && view.scan(Conditions.notEquals(0)).longValue() > 0;
    }
}
