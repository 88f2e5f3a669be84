package io.github.dl4jkfac.step;

import java.io.Serializable;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * What is read whenever a batch enters the statistics. Immutable; checked when built.
 *
 * @param statisticsInterval steps between two batches that enter the statistics
 * @param statisticsDecay upper bound of the moving average's memory, in [0,1)
 * @param statisticsFraction share of the batch that enters the statistics, in (0,1]
 * @param seed of the private random stream that draws targets
 * @serial exclude
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
public record StatisticsOptions(
        @JsonProperty("statisticsInterval") int statisticsInterval,
        @JsonProperty("statisticsDecay") double statisticsDecay,
        @JsonProperty("statisticsFraction") double statisticsFraction,
        @JsonProperty("seed") long seed)
        implements Serializable {

    /**
     * Checks the values.
     *
     * @param statisticsInterval at least 1 step
     * @param statisticsDecay in [0,1)
     * @param statisticsFraction in (0,1]
     * @param seed any number
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public StatisticsOptions {
        Option.count("statisticsInterval", statisticsInterval, "step");
        Option.share("statisticsDecay", statisticsDecay);
        Option.require(
                statisticsFraction > 0 && statisticsFraction <= 1,
                "statisticsFraction",
                "in (0, 1]",
                statisticsFraction);
    }
}
