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
        Option.rate("learningRate", learningRate);
        Option.share("momentum", momentum);
        Option.notNegative("damping", damping);
        Option.require(
                klClip >= 0 && Double.isFinite(klClip),
                "klClip",
                "positive (or switched off with withoutKlClip())",
                klClip);
        Option.count("statisticsInterval", statisticsInterval, "step");
        Option.count("inverseInterval", inverseInterval, "step");
        Option.share("statisticsDecay", statisticsDecay);
        Option.require(
                statisticsFraction > 0 && statisticsFraction <= 1,
                "statisticsFraction",
                "in (0, 1]",
                statisticsFraction);
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
        return learningRateSchedule == null
                ? learningRate
                : Option.scheduled("learningRate", learningRateSchedule, iteration, epoch);
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
        return dampingSchedule == null ? damping : Option.scheduled("damping", dampingSchedule, iteration, epoch);
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
        if (klClipSchedule != null) {
            return Option.scheduled("klClip", klClipSchedule, iteration, epoch);
        }
        return klClip > 0 ? klClip : Double.POSITIVE_INFINITY;
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
}
