package io.github.dl4jkfac.step;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonInclude;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * The numbers behind a step, shared by the updaters. Immutable; checked when built.
 *
 * @param learningRate alpha, unless a schedule is given
 * @param learningRateSchedule schedule of alpha, or null
 * @param momentum mu in [0,1)
 * @param damping lambda, the Tikhonov damping of a layer's block, unless a schedule is given
 * @param dampingSchedule schedule of lambda, or null
 * @param klClip bound of the step's squared length in the damped Fisher metric, unless a schedule is given; 0 for none
 * @param klClipSchedule schedule of that bound, or null
 * @param statisticsInterval steps between two batches that enter the factors
 * @param inverseInterval steps between two refreshes of the inverses
 * @param statisticsDecay upper bound of the moving average's memory, in [0,1)
 * @param statisticsFraction share of the batch that enters the factors, in (0,1]
 * @param seed of the private random stream that draws targets
 * @serial exclude
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Hyperparameters(
        @JsonProperty("learningRate") double learningRate,
        @JsonProperty("learningRateSchedule") ISchedule learningRateSchedule,
        @JsonProperty("momentum") double momentum,
        @JsonProperty("damping") double damping,
        @JsonProperty("dampingSchedule") ISchedule dampingSchedule,
        @JsonProperty("klClip") double klClip,
        @JsonProperty("klClipSchedule") ISchedule klClipSchedule,
        @JsonProperty("statisticsInterval") int statisticsInterval,
        @JsonProperty("inverseInterval") int inverseInterval,
        @JsonProperty("statisticsDecay") double statisticsDecay,
        @JsonProperty("statisticsFraction") double statisticsFraction,
        @JsonProperty("seed") long seed)
        implements Serializable {

    /**
     * Checks the values.
     *
     * @param learningRate alpha &gt; 0
     * @param learningRateSchedule schedule of alpha, or null
     * @param momentum mu in [0,1)
     * @param damping lambda &gt;= 0
     * @param dampingSchedule schedule of lambda, or null
     * @param klClip bound &gt; 0, or 0 for none
     * @param klClipSchedule schedule of the bound, or null
     * @param statisticsInterval at least 1 step
     * @param inverseInterval at least 1 step
     * @param statisticsDecay in [0,1)
     * @param statisticsFraction in (0,1]
     * @param seed any number
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public Hyperparameters {
        require(learningRate > 0 && finite(learningRate), "learningRate", learningRate, "a positive number");
        require(momentum >= 0 && momentum < 1, "momentum", momentum, "in [0, 1)");
        require(damping >= 0 && finite(damping), "damping", damping, "zero or positive");
        require(klClip >= 0 && finite(klClip), "klClip", klClip, "positive (or switched off with withoutKlClip())");
        require(statisticsInterval >= 1, "statisticsInterval", statisticsInterval, "at least 1 step");
        require(inverseInterval >= 1, "inverseInterval", inverseInterval, "at least 1 step");
        require(statisticsDecay >= 0 && statisticsDecay < 1, "statisticsDecay", statisticsDecay, "in [0, 1)");
        require(
                statisticsFraction > 0 && statisticsFraction <= 1,
                "statisticsFraction",
                statisticsFraction,
                "in (0, 1]");
    }

    /**
     * Evaluates the learning rate.
     *
     * @param iteration DL4J's iteration count
     * @param epoch DL4J's epoch count
     * @return alpha
     */
    public double learningRateAt(int iteration, int epoch) {
        return learningRateSchedule == null ? learningRate : learningRateSchedule.valueAt(iteration, epoch);
    }

    /**
     * Evaluates the damping.
     *
     * @param iteration DL4J's iteration count
     * @param epoch DL4J's epoch count
     * @return lambda
     */
    public double dampingAt(int iteration, int epoch) {
        return dampingSchedule == null ? damping : dampingSchedule.valueAt(iteration, epoch);
    }

    /**
     * Evaluates the bound of the step's squared length.
     *
     * @param iteration DL4J's iteration count
     * @param epoch DL4J's epoch count
     * @return the bound, at least 0; infinity if there is none
     */
    public double klClipAt(int iteration, int epoch) {
        if (klClipSchedule != null) {
            return Math.max(0, klClipSchedule.valueAt(iteration, epoch));
        }
        return klClip > 0 ? klClip : Double.POSITIVE_INFINITY;
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
        return new Hyperparameters(
                schedule != null && !(rate > 0) ? learningRate : rate,
                schedule,
                momentum,
                damping,
                dampingSchedule,
                klClip,
                klClipSchedule,
                statisticsInterval,
                inverseInterval,
                statisticsDecay,
                statisticsFraction,
                seed);
    }

    /** {@return the values that must be the same for all layers of a network, since they govern the step as a whole} */
    public List<Object> networkWide() {
        return Arrays.asList(klClip, klClipSchedule, statisticsInterval, inverseInterval, statisticsFraction, seed);
    }

    private static boolean finite(double value) {
        return !Double.isInfinite(value) && !Double.isNaN(value);
    }

    private static void require(boolean holds, String option, double value, String allowed) {
        if (!holds) {
            throw new IllegalArgumentException(option + " must be " + allowed + ", got " + value);
        }
    }
}
