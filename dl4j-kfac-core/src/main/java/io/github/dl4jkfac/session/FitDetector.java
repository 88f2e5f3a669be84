package io.github.dl4jkfac.session;

import java.lang.StackWalker.Option;
import java.lang.StackWalker.StackFrame;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.solvers.BaseOptimizer;

/**
 * Tells a step of {@code fit} from every other use of the backward pass. DL4J reports {@code computeGradientAndScore} and
 * {@code calculateGradients} to the listeners in the same way, and nothing but the caller tells them apart.
 */
public final class FitDetector {

    private static final StackWalker STACK = StackWalker.getInstance(Option.RETAIN_CLASS_REFERENCE);

    private FitDetector() {}

    /** {@return whether the network that calls a listener's hook was itself called by DL4J's optimiser} */
    public static boolean isUnderWay() {
        return STACK.walk(frames -> frames.dropWhile(frame -> !isNetwork(frame))
                .dropWhile(FitDetector::isNetwork)
                .findFirst()
                .map(caller -> BaseOptimizer.class.isAssignableFrom(caller.getDeclaringClass()))
                .orElse(false));
    }

    /** {@return whether any network is taking a step in this thread} */
    public static boolean isOnTheStack() {
        return STACK.walk(
                frames -> frames.anyMatch(frame -> BaseOptimizer.class.isAssignableFrom(frame.getDeclaringClass())));
    }

    private static boolean isNetwork(StackFrame frame) {
        return Model.class.isAssignableFrom(frame.getDeclaringClass());
    }
}
