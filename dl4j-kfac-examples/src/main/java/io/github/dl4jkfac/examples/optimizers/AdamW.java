package io.github.dl4jkfac.examples.optimizers;

import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019): each step takes rate times coefficient off every weight. The decay is
 * Deeplearning4j's own regularisation, which {@link PreparedLayers} gives to the layers.
 */
public final class AdamW extends Adam {

    static final double DEFAULT_WEIGHT_DECAY = 0.01;

    private static final long serialVersionUID = 1L;

    /** Coefficient of the decay. */
    @JsonProperty
    private double weightDecay = DEFAULT_WEIGHT_DECAY;

    /** For Jackson. */
    AdamW() {}

    /** Makes the configuration. */
    AdamW(ISchedule rate, double weightDecay) {
        super(rate);
        this.weightDecay = weightDecay;
    }

    double weightDecay() {
        return weightDecay;
    }

    @Override
    public AdamW clone() {
        ISchedule schedule = getLearningRateSchedule();
        AdamW copy = new AdamW(schedule == null ? null : schedule.clone(), weightDecay);
        copy.setLearningRate(getLearningRate());
        copy.setBeta1(getBeta1());
        copy.setBeta2(getBeta2());
        copy.setEpsilon(getEpsilon());
        return copy;
    }

    @Override
    protected boolean canEqual(Object other) {
        return other instanceof AdamW;
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other) && other instanceof AdamW adam && adam.weightDecay == weightDecay;
    }

    @Override
    public int hashCode() {
        return 31 * super.hashCode() + Double.hashCode(weightDecay);
    }
}
