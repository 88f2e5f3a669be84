package io.github.dl4jkfac.examples.optimizers;

import io.github.dl4jkfac.Curvature;
import java.util.List;
import java.util.Locale;

/**
 * A setting of optimizers. Not every optimizer has each of them.
 *
 * @param <T> type of its values
 */
public final class Setting<T> {

    /** Step size. */
    public static final Setting<Double> LEARNING_RATE = new Setting<>("learning_rate");
    /** Momentum coefficient. */
    public static final Setting<Double> MOMENTUM = new Setting<>("momentum");
    /** Memory of the gradients' moving average, which stands for momentum in Adam and its relatives. */
    public static final Setting<Double> BETA = new Setting<>("beta");
    /** Damping of the curvature. */
    public static final Setting<Double> DAMPING = new Setting<>("damping");
    /** Damping in proportion to the curvature, in place of an absolute one. */
    public static final Setting<Double> RELATIVE_DAMPING = new Setting<>("relative_damping");
    /** Bound on the step's KL divergence. */
    public static final Setting<Double> KL_CLIP = new Setting<>("kl_clip");
    /** Which Fisher matrix. */
    public static final Setting<Curvature> CURVATURE = new Setting<>("curvature");
    /** Steps between updates of the statistics. */
    public static final Setting<Integer> STATISTICS_INTERVAL = new Setting<>("statistics_interval");
    /** Steps between inversions, or between eigendecompositions. */
    public static final Setting<Integer> INVERSE_INTERVAL = new Setting<>("inverse_interval");
    /** Whether inverses are computed while training goes on. */
    public static final Setting<Boolean> BACKGROUND_REFRESH = new Setting<>("background_refresh");
    /** Coefficient of a weight decay that is part of the optimizer. */
    public static final Setting<Double> WEIGHT_DECAY = new Setting<>("weight_decay");
    /** How the learning rate changes over a run. */
    public static final Setting<Schedule> SCHEDULE = new Setting<>("schedule");

    /** Whether steps are automatic where that is not the default: set by the study of the family alone. */
    public static final Setting<Boolean> AUTOMATIC = new Setting<>("automatic");
    /** Examples per epoch: not for users to set, every problem knows its own. */
    public static final Setting<Integer> EPOCH_SIZE = new Setting<>("epoch_size");

    /** All that users can set, in the order of result files. */
    static final List<Setting<?>> ALL = List.of(
            LEARNING_RATE,
            MOMENTUM,
            BETA,
            DAMPING,
            RELATIVE_DAMPING,
            KL_CLIP,
            CURVATURE,
            STATISTICS_INTERVAL,
            INVERSE_INTERVAL,
            BACKGROUND_REFRESH,
            WEIGHT_DECAY,
            SCHEDULE);

    private final String name;

    private Setting(String name) {
        this.name = name;
    }

    /** @return the name on the command line */
    public String option() {
        return "--" + name.replace('_', '-');
    }

    /** @return the name in result files */
    @Override
    public String toString() {
        return name;
    }

    /** @return the value as text in result files; null for the default */
    static String text(Object value) {
        return value == null ? null : value.toString().toLowerCase(Locale.ROOT);
    }
}
