package io.github.dl4jkfac.lean;

import java.util.Set;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/** Who has asked for a backward pass. A layer is not told, and nothing of the network's state differs. */
final class Fitting {

    private static final StackWalker STACK = StackWalker.getInstance();

    private static final Set<String> NETWORKS =
            Set.of(MultiLayerNetwork.class.getName(), ComputationGraph.class.getName());

    private Fitting() {}

    /** Whether a network computes its gradient and score: then nobody sees the gradient with respect to its input. */
    static boolean isUnderWay() {
        return STACK.walk(frames -> frames.anyMatch(frame ->
                frame.getMethodName().equals("computeGradientAndScore") && NETWORKS.contains(frame.getClassName())));
    }
}
