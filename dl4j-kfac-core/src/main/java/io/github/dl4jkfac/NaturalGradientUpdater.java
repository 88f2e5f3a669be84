package io.github.dl4jkfac;

import io.github.dl4jkfac.state.LayerState;
import io.github.dl4jkfac.state.StateLayout;
import io.github.dl4jkfac.step.DelegatingWorker;
import io.github.dl4jkfac.step.Hyperparameters;
import io.github.dl4jkfac.step.NaturalGradientWorker;
import io.github.dl4jkfac.step.Option;
import io.github.dl4jkfac.step.StatelessWorker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonInclude;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.annotation.JsonDeserialize;

/**
 * What all updaters of this library have in common. Each is a configuration that only holds hyper-parameters; {@link KFacListener}
 * connects it to a live network, without which the first step fails. They serialise to JSON and YAML like DL4J's own updaters.
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE,
        setterVisibility = JsonAutoDetect.Visibility.NONE)
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonDeserialize(using = UpdaterDeserializer.class)
public abstract class NaturalGradientUpdater implements IUpdater {

    private static final long serialVersionUID = 1L;

    /** The numbers behind a step. */
    private Hyperparameters hyperparameters;

    /** Updater of all parameters without a curvature block; null if the updater serves them itself. */
    private IUpdater fallback;

    /** What the updater keeps for its layer; null before a listener has been attached. */
    private StateLayout layout;

    NaturalGradientUpdater(Hyperparameters hyperparameters, IUpdater fallback) {
        this.hyperparameters = hyperparameters;
        this.fallback = fallback;
    }

    /** What it decides, for the engine. */
    abstract UpdaterMethod method();

    /** Numbers of updater state for an array of parameters without curvature. */
    long stateSizeWithoutCurvature(long numParams) {
        return fallback.stateSize(numParams);
    }

    /** The worker of parameters without curvature. */
    GradientUpdater<?> withoutCurvature(INDArray viewArray, boolean initializeViewArray) {
        return new DelegatingWorker(this, fallback.instantiate(viewArray, initializeViewArray));
    }

    /** All options but those that every updater has, in a fixed order: two updaters are equal if these are. */
    abstract List<Object> options();

    /**
     * The options that decide what the numbers in the updater state mean, beyond their layout. State may pass from one updater to
     * another only where these are the same; all other options may change while a network trains.
     */
    List<Object> meaning() {
        return List.of();
    }

    /** What a state says of its maker. */
    final String maker() {
        return Stream.concat(Stream.of(name()), meaning().stream().filter(Objects::nonNull))
                .map(String::valueOf)
                .collect(Collectors.joining(" "));
    }

    /**
     * The updater that tells what an option is where a text that describes an updater does not name it.
     *
     * @param given what the text names
     */
    NaturalGradientUpdater defaultsBeside(JsonNode given) {
        return this;
    }

    /**
     * Checks the options that are not checked where they are made.
     *
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    void requireSound() {
        Option.choice("hyperparameters", hyperparameters);
    }

    /**
     * Checks every value that a step at this time would use.
     *
     * @param withFallback whether the fallback updater has parameters to serve
     * @throws IllegalArgumentException naming the updater, the option, its value and the remedy
     */
    final void requireUsable(int iteration, int epoch, boolean withFallback) {
        try {
            requireSound();
            hyperparameters.requireUsable(iteration, epoch);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name() + ": " + e.getMessage(), e);
        }
        if (withFallback && usesFallback()) {
            requireFallback(iteration, epoch);
        }
    }

    private void requireFallback(int iteration, int epoch) {
        if (fallback == null) {
            throw new IllegalArgumentException(name() + ": fallback must be set, got null");
        }
        double rate = fallback.hasLearningRate() ? fallback.getLearningRate(iteration, epoch) : 0;
        double mu = fallback instanceof Nesterovs nesterovs ? nesterovs.currentMomentum(iteration, epoch) : 0;
        if (!(rate >= 0 && Double.isFinite(rate) && Double.isFinite(mu))) {
            throw new IllegalArgumentException(name() + ": the fallback updater "
                    + fallback.getClass().getSimpleName() + " has "
                    + (Double.isFinite(mu) ? "the learning rate " + rate : "the momentum " + mu) + " at iteration "
                    + iteration + ", epoch " + epoch
                    + ", which must be zero or positive and finite. Correct it, or its schedule, in " + fallback);
        }
    }

    /** Whether parameters without a curvature block get their step from another updater. */
    boolean usesFallback() {
        return true;
    }

    /** Options that have to be the same for all layers of a network. */
    List<Object> networkWide() {
        return hyperparameters.networkWide();
    }

    /** The name in messages. */
    final String name() {
        return getClass().getSimpleName();
    }

    final Hyperparameters hyperparameters() {
        return hyperparameters;
    }

    /** {@return alpha, the step along the preconditioned gradient; without effect where there is a schedule} */
    public final double learningRate() {
        return hyperparameters.step().learningRate();
    }

    /** {@return the schedule of alpha; null if it is constant} */
    public final ISchedule learningRateSchedule() {
        return hyperparameters.step().learningRateSchedule();
    }

    /** The updater of parameters without a curvature block; null if there is none. */
    final IUpdater fallbackOrNull() {
        return fallback;
    }

    /** What the updater keeps for the layer it is configured for; null before a listener has been attached. */
    final StateLayout layout() {
        return layout;
    }

    NaturalGradientUpdater withLayout(StateLayout newLayout) {
        NaturalGradientUpdater copy = clone();
        copy.layout = newLayout;
        return copy;
    }

    final boolean hasSettingsOf(NaturalGradientUpdater other) {
        return withLayout(null).equals(other.withLayout(null));
    }

    @Override
    public long stateSize(long numParams) {
        if (layout == null) {
            return numParams;
        }
        return switch (layout.role()) {
            case CURVATURE -> layout.stateSize(numParams);
            case FALLBACK -> stateSizeWithoutCurvature(numParams);
            case NO_STEP -> 0;
        };
    }

    @Override
    public GradientUpdater<?> instantiate(INDArray viewArray, boolean initializeViewArray) {
        if (layout == null || layout.role() == StateLayout.Role.CURVATURE && !LayerState.fits(layout, viewArray)) {
            return unbound(viewArray, initializeViewArray);
        }
        return switch (layout.role()) {
            case CURVATURE ->
                new NaturalGradientWorker(this, hyperparameters, maker(), layout, viewArray, initializeViewArray);
            case FALLBACK -> withoutCurvature(viewArray, initializeViewArray);
            case NO_STEP -> StatelessWorker.noStep(this);
        };
    }

    /** Where no listener has been attached since the layer came to be as it is: nothing is kept, until one is. */
    private GradientUpdater<?> unbound(INDArray viewArray, boolean initializeViewArray) {
        if (initializeViewArray && viewArray != null) {
            viewArray.assign(0); // savers write it, and DL4J hands it over as it finds memory
        }
        return StatelessWorker.unbound(this);
    }

    /**
     * DL4J's SameDiff training asks for updaters in this way.
     *
     * @throws IllegalStateException always: the layers of a MultiLayerNetwork or ComputationGraph are needed
     */
    @Override
    public GradientUpdater<?> instantiate(Map<String, INDArray> updaterState, boolean initializeStateArrays) {
        throw new IllegalStateException(
                name() + " trains the layers of a MultiLayerNetwork or ComputationGraph; a SameDiff graph has "
                        + "none. Use another updater for it.");
    }

    /** {@return the learning rate, as it is; a step would refuse one that is not finite, or negative} */
    @Override
    public double getLearningRate(int iteration, int epoch) {
        ISchedule schedule = hyperparameters.step().learningRateSchedule();
        return schedule == null ? hyperparameters.step().learningRate() : schedule.valueAt(iteration, epoch);
    }

    @Override
    public boolean hasLearningRate() {
        return true;
    }

    /**
     * Sets the learning rate, as {@code net.setLearningRate} does.
     *
     * @throws IllegalArgumentException if there is no schedule and the rate is not positive
     */
    @Override
    public void setLrAndSchedule(double lr, ISchedule lrSchedule) {
        try {
            hyperparameters = hyperparameters.withLearningRate(lr, lrSchedule);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    name() + ": " + e.getMessage()
                            + ". To let parameters stand still give a schedule, which may be 0, or freeze the layer",
                    e);
        }
    }

    @Override
    public NaturalGradientUpdater clone() {
        try {
            NaturalGradientUpdater copy = (NaturalGradientUpdater) super.clone();
            copy.fallback = fallback == null ? null : fallback.clone();
            return copy;
        } catch (CloneNotSupportedException e) {
            throw new AssertionError("updaters are Cloneable", e);
        }
    }

    @Override
    public final boolean equals(Object o) {
        return o instanceof NaturalGradientUpdater other
                && getClass() == other.getClass()
                && options().equals(other.options())
                && hyperparameters.equals(other.hyperparameters)
                && Objects.equals(fallback, other.fallback)
                && Objects.equals(layout, other.layout);
    }

    @Override
    public final int hashCode() {
        List<Object> parts = new ArrayList<>();
        // by their names: an enum's own hash code differs from one virtual machine to the next
        options().forEach(option -> parts.add(option instanceof Enum<?> choice ? choice.name() : option));
        return Objects.hash(name(), parts, hyperparameters, fallback, layout);
    }

    @Override
    public String toString() {
        return name() + "(" + options() + ", " + hyperparameters + (layout == null ? "" : ", " + layout) + ")";
    }
}
