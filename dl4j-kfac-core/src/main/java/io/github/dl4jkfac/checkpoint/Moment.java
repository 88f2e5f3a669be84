package io.github.dl4jkfac.checkpoint;

import java.lang.StackWalker.Option;
import java.lang.StackWalker.StackFrame;
import org.deeplearning4j.optimize.api.TrainingListener;

/**
 * Where in DL4J's training a network is saved. DL4J tells its listeners of a step before it has counted it and before it applies the
 * constraints on the parameters, and of the end of an epoch before it has counted that.
 */
enum Moment {
    BETWEEN_STEPS,
    END_OF_STEP,
    END_OF_EPOCH;

    private static final StackWalker STACK = StackWalker.getInstance(Option.RETAIN_CLASS_REFERENCE);

    /** The present one: nothing but the caller tells it. */
    static Moment now() {
        return STACK.walk(frames -> frames.filter(Moment::isListener)
                .map(frame -> switch (frame.getMethodName()) {
                    case "iterationDone" -> END_OF_STEP;
                    case "onEpochEnd" -> END_OF_EPOCH;
                    default -> BETWEEN_STEPS;
                })
                .filter(moment -> moment != BETWEEN_STEPS)
                .findFirst()
                .orElse(BETWEEN_STEPS));
    }

    private static boolean isListener(StackFrame frame) {
        return TrainingListener.class.isAssignableFrom(frame.getDeclaringClass());
    }

    int iterations(int counted) {
        return this == END_OF_STEP ? counted + 1 : counted;
    }

    int epochs(int counted) {
        return this == END_OF_EPOCH ? counted + 1 : counted;
    }
}
