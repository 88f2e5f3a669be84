package io.github.dl4jkfac.step;

import java.io.Serializable;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonInclude;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * What is read whenever the statistics are put in force. Immutable; checked when built.
 *
 * @param inverseInterval steps between two refreshes of the inverses
 * @param damping lambda, the Tikhonov damping of a layer's block, unless a schedule is given
 * @param dampingSchedule schedule of lambda, or null
 * @param background whether inverses are computed while training goes on, and put in force when the next batch enters the statistics
 * @serial exclude
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RefreshOptions(
        @JsonProperty("inverseInterval") int inverseInterval,
        @JsonProperty("damping") double damping,
        @JsonProperty("dampingSchedule") ISchedule dampingSchedule,
        @JsonProperty("background") boolean background)
        implements Serializable {

    /**
     * Checks the values.
     *
     * @param inverseInterval at least 1 step
     * @param damping lambda &gt;= 0
     * @param dampingSchedule schedule of lambda, or null
     * @param background whether inverses are computed while training goes on
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public RefreshOptions {
        Option.count("inverseInterval", inverseInterval, "step");
        Option.notNegative("damping", damping);
    }

    double dampingAt(int iteration, int epoch) {
        return dampingSchedule == null ? damping : Option.scheduled("damping", dampingSchedule, iteration, epoch);
    }
}
