package io.github.dl4jkfac.step;

import java.io.Serializable;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonInclude;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * What is read at every step. Immutable; checked when built.
 *
 * @param learningRate alpha, unless a schedule is given
 * @param learningRateSchedule schedule of alpha, or null
 * @param momentum mu in [0,1)
 * @param automatic whether the step is controlled by what it does, without that bound
 * @param klClip bound of the step's squared length in the damped Fisher metric, unless a schedule is given; 0 for none
 * @param klClipSchedule schedule of that bound, or null
 * @serial exclude
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StepOptions(
        @JsonProperty("learningRate") double learningRate,
        @JsonProperty("learningRateSchedule") ISchedule learningRateSchedule,
        @JsonProperty("momentum") double momentum,
        @JsonProperty("automatic") boolean automatic,
        @JsonProperty("klClip") double klClip,
        @JsonProperty("klClipSchedule") ISchedule klClipSchedule)
        implements Serializable {

    /**
     * Checks the values.
     *
     * @param learningRate alpha &gt; 0
     * @param learningRateSchedule schedule of alpha, or null
     * @param momentum mu in [0,1)
     * @param automatic whether the step is controlled by what it does
     * @param klClip bound &gt; 0, or 0 for none
     * @param klClipSchedule schedule of the bound, or null
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public StepOptions {
        Option.rate("learningRate", learningRate);
        Option.share("momentum", momentum);
        Option.require(
                klClip >= 0 && Double.isFinite(klClip),
                "klClip",
                "positive (or switched off with withoutKlClip())",
                klClip);
    }

    double learningRateAt(int iteration, int epoch) {
        return learningRateSchedule == null
                ? learningRate
                : Option.scheduled("learningRate", learningRateSchedule, iteration, epoch);
    }

    double klClipAt(int iteration, int epoch) {
        if (klClipSchedule != null) {
            return Option.scheduled("klClip", klClipSchedule, iteration, epoch);
        }
        return klClip > 0 ? klClip : Double.POSITIVE_INFINITY;
    }

    StepOptions withLearningRate(double rate, ISchedule schedule) {
        return new StepOptions(
                schedule != null && !(rate > 0) ? learningRate : rate,
                schedule,
                momentum,
                automatic,
                klClip,
                klClipSchedule);
    }
}
