package io.github.dl4jkfac.examples.optimizers;

import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Falls from its first value to zero at the end of the run's budget, linearly or as a power of what is left, be the budget a
 * number of steps or of seconds: DL4J's own schedules know steps only.
 *
 * <p>DL4J copies configurations and restores them from files, so a schedule cannot hold on to the run that it is used
 * in. The run tells its thread how much of the budget is used up before each step, and schedules ask their thread.
 */
public final class LinearDecay implements ISchedule {

    private static final long serialVersionUID = 1L;

    private static final ThreadLocal<Double> USED = ThreadLocal.withInitial(() -> 0.);

    @JsonProperty("first")
    private final double first;

    @JsonProperty("power")
    private final int power;

    /** @param first value at the beginning */
    public LinearDecay(double first) {
        this(first, 1);
    }

    /**
     * @param first value at the beginning
     * @param power of what is left of the budget
     */
    public LinearDecay(@JsonProperty("first") double first, @JsonProperty("power") int power) {
        this.first = first;
        this.power = power;
    }

    /** @param part of the budget, 0 to 1, that the run on this thread has used up */
    public static void used(double part) {
        USED.set(part);
    }

    @Override
    public double valueAt(int iteration, int epoch) {
        return first * Math.pow(Math.max(0, 1 - USED.get()), power);
    }

    @Override
    public ISchedule clone() {
        return new LinearDecay(first, power);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LinearDecay decay && decay.first == first && decay.power == power;
    }

    @Override
    public int hashCode() {
        return 31 * Double.hashCode(first) + power;
    }

    @Override
    public String toString() {
        return (power == 1 ? "linear decay" : "decay with power " + power) + " from " + first;
    }
}
