package io.github.dl4jkfac.step;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * The numbers behind a step, shared by the updaters, each beside those that are read by the same clock. Immutable.
 *
 * @param step what is read at every step
 * @param statistics what is read whenever a batch enters the statistics
 * @param refresh what is read whenever the statistics are put in force
 * @serial exclude
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
public record Hyperparameters(
        @JsonProperty("step") StepOptions step,
        @JsonProperty("statistics") StatisticsOptions statistics,
        @JsonProperty("refresh") RefreshOptions refresh)
        implements Serializable {

    /**
     * Checks that all groups are there.
     *
     * @param step what is read at every step
     * @param statistics what is read whenever a batch enters the statistics
     * @param refresh what is read whenever the statistics are put in force
     * @throws IllegalArgumentException naming the group that is missing
     */
    public Hyperparameters {
        Option.choice("step", step);
        Option.choice("statistics", statistics);
        Option.choice("refresh", refresh);
    }

    /**
     * Evaluates the learning rate.
     *
     * @param iteration DL4J's iteration count
     * @param epoch DL4J's epoch count
     * @return alpha; a schedule may give zero, which leaves the parameters where they are
     * @throws IllegalArgumentException if the schedule gives no number, an infinite or a negative one
     */
    public double learningRateAt(int iteration, int epoch) {
        return step.learningRateAt(iteration, epoch);
    }

    /**
     * Evaluates the damping.
     *
     * @param iteration DL4J's iteration count
     * @param epoch DL4J's epoch count
     * @return lambda
     * @throws IllegalArgumentException if the schedule gives no number, an infinite or a negative one
     */
    public double dampingAt(int iteration, int epoch) {
        return refresh.dampingAt(iteration, epoch);
    }

    /**
     * Evaluates the bound of the step's squared length.
     *
     * @param iteration DL4J's iteration count
     * @param epoch DL4J's epoch count
     * @return the bound, at least 0; infinity if there is none
     * @throws IllegalArgumentException if the schedule gives no number, an infinite or a negative one
     */
    public double klClipAt(int iteration, int epoch) {
        return step.klClipAt(iteration, epoch);
    }

    /**
     * Evaluates everything that a step at this time would use, so that a bad value is found before the step has changed anything.
     *
     * @param iteration DL4J's iteration count
     * @param epoch DL4J's epoch count
     * @throws IllegalArgumentException naming the option, its value, the time, the schedule and what is allowed
     */
    public void requireUsable(int iteration, int epoch) {
        learningRateAt(iteration, epoch);
        dampingAt(iteration, epoch);
        klClipAt(iteration, epoch);
    }

    /**
     * Makes a copy with another learning rate or schedule.
     *
     * @param rate alpha; with a schedule it may be zero, negative or NaN, and the old rate is kept then
     * @param schedule schedule of alpha, or null for none
     * @return the copy
     * @throws IllegalArgumentException if there is no schedule and the rate is not positive
     */
    public Hyperparameters withLearningRate(double rate, ISchedule schedule) {
        return new Hyperparameters(step.withLearningRate(rate, schedule), statistics, refresh);
    }

    /** {@return the values that must be the same for all layers of a network, since they govern the step as a whole} */
    public List<Object> networkWide() {
        return Arrays.asList(
                step.automatic(),
                step.klClip(),
                step.klClipSchedule(),
                statistics.statisticsInterval(),
                refresh.inverseInterval(),
                refresh.background(),
                statistics.statisticsFraction(),
                statistics.seed());
    }
}
