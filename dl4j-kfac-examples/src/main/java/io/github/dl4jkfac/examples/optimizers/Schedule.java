package io.github.dl4jkfac.examples.optimizers;

import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;

/** How the learning rate changes over a run. */
public enum Schedule {
    /** It stays. */
    CONSTANT,
    /** It falls linearly to zero at the end of the budget. */
    LINEAR;

    /**
     * @param rate learning rate of the first step
     * @return the schedule for DL4J's updaters
     */
    ISchedule from(double rate) {
        return this == LINEAR ? new LinearDecay(rate) : new FixedSchedule(rate);
    }
}
