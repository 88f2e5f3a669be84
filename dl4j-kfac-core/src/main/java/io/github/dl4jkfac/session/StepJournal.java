package io.github.dl4jkfac.session;

import io.github.dl4jkfac.diagnostics.SkipReason;
import java.util.EnumMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what was left out of a network's training, and tells the user: often enough to be noticed, too seldom to flood a log. */
final class StepJournal {

    private static final Logger LOG = LoggerFactory.getLogger(StepJournal.class);

    /** Each of the first few is told of, then ever fewer. */
    private static final int ALWAYS_TOLD = 5;

    /** A step that the KL bound cuts to less than this is a short one. */
    private static final double SHORT = 0.1;

    private static final int SHORT_STEPS_TO_TELL_OF = 100;

    private final String updater;
    private final Map<SkipReason, Long> skipped = new EnumMap<>(SkipReason.class);

    private String lastSkip;
    private int shortSteps;
    private boolean toldOfShortSteps;

    /** @param updater its name, for messages */
    StepJournal(String updater) {
        this.updater = updater;
    }

    /**
     * A batch or its step has been left out.
     *
     * @param place where it was noticed, a clause that begins with "; "; or empty
     */
    void skip(SkipReason reason, String place, int iteration) {
        long count = skipped.merge(reason, 1L, Long::sum);
        lastSkip = "iteration " + iteration + ": " + reason.cause() + place;
        if (count <= ALWAYS_TOLD || Long.bitCount(count) == 1) {
            LOG.warn(
                    "{} left out the {} of iteration {} (number {} of this kind): {}{}. {} {}.",
                    updater,
                    reason.isWholeBatch() ? "batch" : "step",
                    iteration,
                    count,
                    reason.cause(),
                    place,
                    reason.isWholeBatch()
                            ? "Parameters and updater state stay as they were."
                            : "The parameters that it trains stay as they were.",
                    reason.remedy());
        }
    }

    /**
     * A step has been taken.
     *
     * @param klScale nu
     * @param klBound which has made it so
     */
    void step(double klScale, double klBound) {
        shortSteps = klScale < SHORT ? shortSteps + 1 : 0;
        if (shortSteps == SHORT_STEPS_TO_TELL_OF && !toldOfShortSteps) {
            toldOfShortSteps = true;
            LOG.info(
                    "{}: the bound klClip = {} has cut each of the last {} steps to less than a tenth (now to {}), so it sets the length "
                            + "of the steps and the learning rate hardly matters. If training is slow raise klClip, or try "
                            + "withoutKlClip() with a lower learning rate; if it is well leave it so. (Said once.)",
                    updater,
                    klBound,
                    SHORT_STEPS_TO_TELL_OF,
                    klScale);
        }
    }

    Map<SkipReason, Long> skipped() {
        return skipped;
    }

    /** Null if nothing has been left out. */
    String lastSkip() {
        return lastSkip;
    }
}
