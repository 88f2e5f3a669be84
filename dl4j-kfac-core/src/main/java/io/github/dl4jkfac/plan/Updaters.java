package io.github.dl4jkfac.plan;

import io.github.dl4jkfac.state.StateLayout;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * The way from DL4J's updater configurations to what this library knows of its own. The engine sees configurations through it only, so
 * that they need not show anything but options to their users.
 */
public interface Updaters {

    /**
     * Finds the method behind a configuration.
     *
     * @param updater any configuration, or null
     * @return the method; null if the configuration is not of this library
     */
    Method methodOf(IUpdater updater);

    /**
     * Tells whether a configuration is of this library. All other questions may be asked of such only.
     *
     * @param updater any configuration, or null
     * @return whether it is
     */
    boolean isOurs(IUpdater updater);

    /**
     * Tells whether a configuration looks for curvature.
     *
     * @param updater any configuration, or null
     * @return whether it is of this library, and does
     */
    default boolean usesCurvature(IUpdater updater) {
        Method method = methodOf(updater);
        return method != null && method.usesCurvature();
    }

    /**
     * Reads what a configuration keeps for its layer.
     *
     * @param ours a configuration of this library
     * @return the layout; null before a listener has been attached
     */
    StateLayout layoutOf(IUpdater ours);

    /**
     * Lays out what a configuration keeps.
     *
     * @param ours a configuration of this library; not modified
     * @param layout the layout; null for none
     * @return a copy with that layout
     */
    IUpdater withLayout(IUpdater ours, StateLayout layout);

    /**
     * Compares two configurations but for their layouts.
     *
     * @param one any configuration
     * @param other any configuration
     * @return whether both are of this library and have the same options
     */
    boolean haveSameSettings(IUpdater one, IUpdater other);

    /**
     * Tells what a state says of its maker.
     *
     * @param ours a configuration of this library
     * @return the updater's name and the options that decide what the numbers in its state mean
     */
    String makerOf(IUpdater ours);

    /**
     * Finds who serves the parameters without a curvature block.
     *
     * @param ours a configuration of this library
     * @return the fallback updater; null if the updater serves them by itself
     */
    IUpdater fallbackOf(IUpdater ours);

    /**
     * Checks the options that are not checked where they are made.
     *
     * @param ours a configuration of this library
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    void requireSound(IUpdater ours);

    /**
     * Checks every value that a step at a time would use.
     *
     * @param ours a configuration of this library
     * @param iteration of the step
     * @param epoch of the step
     * @param byFallback whether the fallback updater has parameters to serve
     * @throws IllegalArgumentException naming the updater, the option, its value and the remedy
     */
    void requireUsable(IUpdater ours, int iteration, int epoch, boolean byFallback);
}
