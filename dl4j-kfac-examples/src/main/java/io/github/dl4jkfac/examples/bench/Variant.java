package io.github.dl4jkfac.examples.bench;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Setting;

/** How an optimizer is run. */
public enum Variant {
    /** As it is. */
    PLAIN(""),
    /** With lean passes through dense layers. */
    LEAN(", lean"),
    /** With inverses in the background. */
    BACKGROUND(", background"),
    /** With both. */
    LEAN_AND_BACKGROUND(", lean, background");

    private final String suffix;

    Variant(String suffix) {
        this.suffix = suffix;
    }

    /**
     * @param optimizer which optimizer
     * @return its name, and how it is run
     */
    public String nameOf(Optimizer optimizer) {
        return optimizer.id() + suffix;
    }

    /**
     * @param optimizer which optimizer
     * @return whether it can be run so
     */
    public boolean suits(Optimizer optimizer) {
        return !isInBackground() || optimizer.settings().contains(Setting.BACKGROUND_REFRESH);
    }

    /** @return whether passes are lean */
    public boolean isLean() {
        return this == LEAN || this == LEAN_AND_BACKGROUND;
    }

    /** @return whether inverses are computed in the background */
    public boolean isInBackground() {
        return this == BACKGROUND || this == LEAN_AND_BACKGROUND;
    }

    /**
     * @param settings of the optimizer
     * @return the same, but for what belongs to the variant
     */
    OptimizerSettings of(OptimizerSettings settings) {
        return isInBackground() ? settings.with(Setting.BACKGROUND_REFRESH, true) : settings;
    }
}
