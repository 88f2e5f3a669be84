package io.github.dl4jkfac.diagnostics;

import java.util.Map;

/**
 * What happened up to the last step of one network.
 *
 * @param steps steps taken, including those before a restore
 * @param skipped how many batches or steps were left out since the network was bound, by the reason; without those that never happened
 * @param lastSkip why the last one was left out, in words, with its iteration; null if none was
 * @param damping damping lambda at the last refresh of the inverses; NaN before the first
 * @param klBound bound of the last step's squared length in the metric of the damped Fisher matrix; infinite if there is none, NaN before
 *     the first step
 * @param klScale nu of the last step, in (0,1]; 1 when the bound did not bind (Ba, Grosse, Martens 2017, sec. 5)
 * @param control how the last step was controlled; null before the first, and if its length is set by hand
 * @param phaseNanos nanoseconds spent since the network was bound, by phase
 */
public record StepReport(
        long steps,
        Map<SkipReason, Long> skipped,
        String lastSkip,
        double damping,
        double klBound,
        double klScale,
        StepControl control,
        Map<Phase, Long> phaseNanos) {

    /**
     * Copies the maps.
     *
     * @param steps steps taken
     * @param skipped how many batches or steps were left out, by the reason
     * @param lastSkip why the last one was left out, or null
     * @param damping damping at the last refresh of the inverses
     * @param klBound bound of the last step's squared length
     * @param klScale nu of the last step
     * @param control how the last step was controlled, or null
     * @param phaseNanos nanoseconds spent, by phase
     */
    public StepReport {
        skipped = Map.copyOf(skipped);
        phaseNanos = Map.copyOf(phaseNanos);
    }

    /** {@return how many batches or steps were left out since the network was bound, for whatever reason} */
    public long skippedBatches() {
        return skipped.values().stream().mapToLong(Long::longValue).sum();
    }
}
