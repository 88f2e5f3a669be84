package io.github.dl4jkfac.step;

import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.learning.config.IUpdater;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The error of a worker that no network has been bound to. A worker sees nothing but gradients; which line is missing, and where,
 * only the callers tell.
 */
final class MissingListener {

    /** The remedy for gradients that {@code fit} has not computed. */
    static final String OUTSIDE_FIT =
            "Natural-gradient steps need the network's own forward and backward pass: call fit() on the network, a MultiLayerNetwork "
                    + "or ComputationGraph. For external errors, gradients of another network or a SameDiff graph use another updater, "
                    + "such as Adam.";

    private static final Logger LOG = LoggerFactory.getLogger(MissingListener.class);
    private static final String DL4J = "org.deeplearning4j.";

    private MissingListener() {}

    /** Whether DL4J's layer-wise pretraining is what calls. */
    static boolean isPretraining() {
        return isPretraining(callers());
    }

    private static boolean isPretraining(Set<String> callers) {
        // a layer is fitted by itself in pretrain() only
        return callers.stream().anyMatch(caller -> caller.startsWith(DL4J + "nn.layers.") && caller.endsWith(".fit"));
    }

    /** The error, for the present callers. */
    static IllegalStateException of(IUpdater config) {
        Set<String> callers = callers();
        String message = "The " + config.getClass().getSimpleName() + " updater is not connected to its network. "
                + remedy(callers);
        if (isAmong(callers, "earlystopping.")) {
            // which catches the error, and may end with one of its own
            LOG.error("Early stopping ends here: {}", message);
        }
        return new IllegalStateException(message);
    }

    private static String remedy(Set<String> callers) {
        if (isAmong(callers, "nn.transferlearning.TransferLearningHelper.")) {
            return "TransferLearningHelper trains a network of its own. Add one line before fitFeaturized(): "
                    + "KFacListener.attach(helper.unfrozenMLN()); or, for a graph, KFacListener.attach(helper.unfrozenGraph());";
        }
        if (isPretraining(callers)) {
            return "Add one line before the first pretrain(): KFacListener.attach(net); since layers keep what they were first "
                    + "pretrained with, go on with net.clone() here.";
        }
        if (isAmong(callers, "parallelism.")) {
            return "ParallelWrapper takes over the network's listeners when it is built. Add one line before "
                    + "new ParallelWrapper.Builder<>(net): KFacListener.attach(net);";
        }
        if (!isAmong(callers, "optimize.solvers.")) {
            return OUTSIDE_FIT;
        }
        return "Add one line before fit(): KFacListener.attach(net); it belongs after init(), after a network has been restored, cloned or "
                + "transfer-learnt, and after net.setListeners(...), which removes it (net.addListeners(...) does not).";
    }

    private static boolean isAmong(Set<String> callers, String name) {
        return callers.stream().anyMatch(caller -> caller.startsWith(DL4J + name));
    }

    /** Names of classes and their methods. */
    private static Set<String> callers() {
        return StackWalker.getInstance()
                .walk(frames -> frames.map(frame -> frame.getClassName() + "." + frame.getMethodName())
                        .collect(Collectors.toSet()));
    }
}
