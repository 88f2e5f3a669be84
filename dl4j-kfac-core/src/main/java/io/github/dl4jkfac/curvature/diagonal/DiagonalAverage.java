package io.github.dl4jkfac.curvature.diagonal;

import io.github.dl4jkfac.curvature.MovingAverage;
import java.io.Serializable;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * How {@link DiagonalKroneckerBlock} averages its factors over the batches: old average times {@code keep} plus new factor times
 * {@code add}; a plain mean of the first batches, if the two sum to 1, and beginning from 1 otherwise.
 *
 * @param keep weight of the old average, in [0,1)
 * @param add weight of the new batch &gt; 0; 1 - keep unless the average is not to converge to the mean
 * @param scaling what is scaled to the range from 0 to 1
 * @serial exclude
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
public record DiagonalAverage(
        @JsonProperty("keep") double keep,
        @JsonProperty("add") double add,
        @JsonProperty("scaling") Scaling scaling) implements Serializable {

    /** Where the min-max scaling stands. */
    public enum Scaling {
        /** Every batch's factors are scaled before they enter the average. */
        BATCHES,
        /** The averages are scaled whenever they are put to use. */
        AVERAGES
    }

    /**
     * Checks the weights.
     *
     * @param keep weight of the old average, in [0,1)
     * @param add weight of the new batch &gt; 0
     * @param scaling what is scaled
     * @throws IllegalArgumentException naming the weight, its value and what is allowed
     */
    public DiagonalAverage {
        if (!(keep >= 0 && keep < 1)) {
            throw new IllegalArgumentException("gamma, the weight of the old average, must be in [0, 1), got " + keep);
        }
        if (!(add > 0 && add <= 1)) {
            throw new IllegalArgumentException("the weight of a new batch must be in (0, 1], got " + add);
        }
        if (scaling == null) {
            throw new IllegalArgumentException("scaling must be set, got null");
        }
    }

    /**
     * The weight of the old average. Where the average converges to the mean it is that of a mean of the batches so far, until it has
     * grown to {@code keep}: nothing is left of the ones then. With those, as long as they last, the parameters would follow the plain
     * gradient at the learning rate: a thousand steps with the default interval.
     *
     * @param earlier how many batches have entered before
     * @return the weight
     */
    double keep(long earlier) {
        return converges() ? new MovingAverage(keep).keep(earlier) : keep;
    }

    /**
     * The weight of the new batch.
     *
     * @param earlier how many batches have entered before
     * @return the weight
     */
    double add(long earlier) {
        return converges() ? 1 - keep(earlier) : add;
    }

    private boolean converges() {
        return Math.abs(keep + add - 1) < 1e-9;
    }
}
