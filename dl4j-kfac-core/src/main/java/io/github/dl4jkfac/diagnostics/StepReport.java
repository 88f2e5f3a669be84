package io.github.dl4jkfac.diagnostics;

import java.util.Map;

/**
 * What happened up to the last step of one network.
 *
 * @param steps K-FAC steps taken, including those before a restore
 * @param skippedBatches batches left out since the network was bound, because something in them was not finite
 * @param damping damping lambda at the last refresh of the inverses
 * @param klScale nu of the last step, in (0,1]; 1 when the KL bound did not bind (Ba, Grosse, Martens 2017, sec. 5)
 * @param phaseNanos nanoseconds spent since the network was bound, by phase
 */
public record StepReport(long steps, long skippedBatches, double damping, double klScale, Map<Phase, Long> phaseNanos) {

    /**
     * Copies the map.
     *
     * @param steps K-FAC steps taken
     * @param skippedBatches batches left out
     * @param damping damping at the last refresh of the inverses
     * @param klScale nu of the last step
     * @param phaseNanos nanoseconds spent, by phase
     */
    public StepReport {
        phaseNanos = Map.copyOf(phaseNanos);
    }
}
