package io.github.dl4jkfac.examples.optimizers;

import io.github.dl4jkfac.examples.failures.UserError;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.learning.config.IUpdater;

/** The optimizers that the examples compare: name, kind, settings and how to configure each. A new one is one entry here. */
public enum Optimizer {
    /** Kronecker-factored natural gradient. */
    KFAC(KroneckerUpdaters::kfac, KroneckerUpdaters.SETTINGS, false),
    /** K-FAC with the blocks of neighbouring layers. */
    KFAC_TRIDIAGONAL(KroneckerUpdaters::tridiagonal, KroneckerUpdaters.SETTINGS, false),
    /** K-FAC with corrected eigenvalues. */
    EKFAC(KroneckerUpdaters::ekfac, KroneckerUpdaters.SETTINGS, false),
    /** The improved empirical Fisher, exact. */
    IEF(SampleSpaceUpdaters::improvedEmpiricalFisher, SampleSpaceUpdaters.SETTINGS, false),
    /** The empirical Fisher, exact. */
    EF(SampleSpaceUpdaters::empiricalFisher, SampleSpaceUpdaters.SETTINGS, false),
    /** The Fisher matrix of one drawn target per sample, exact. */
    SF(SampleSpaceUpdaters::sampledFisher, SampleSpaceUpdaters.SETTINGS, false),
    /** Exact Gauss-Newton. */
    EGN(SampleSpaceUpdaters::gaussNewton, SampleSpaceUpdaters.SETTINGS, false),
    /** The empirical Fisher layer by layer, with coefficients that later epochs take from the first. */
    FNGD(SampleSpaceUpdaters::sharedCoefficients, SampleSpaceUpdaters.SETTINGS, false),
    /** A diagonal of Kronecker factors in the place of Adam's squared gradients. */
    ADAFISHER(DiagonalUpdaters::adaFisher, DiagonalUpdaters.ADAFISHER, false),
    /** AdaFisher with decoupled weight decay. */
    ADAFISHERW(DiagonalUpdaters::adaFisherW, DiagonalUpdaters.ADAFISHERW, false),
    /** Adam as natural gradient descent. */
    FADAM(DiagonalUpdaters::fAdam, DiagonalUpdaters.FADAM, false),
    /** Stochastic gradient descent with Nesterov momentum. */
    NESTEROVS(FirstOrderUpdaters::nesterovs, List.of(Setting.MOMENTUM), true),
    /** Adam. */
    ADAM(FirstOrderUpdaters::adam, List.of(Setting.BETA), true),
    /** Adam with decoupled weight decay. */
    ADAMW(FirstOrderUpdaters::adamW, List.of(Setting.BETA, Setting.WEIGHT_DECAY), true, PreparedLayers::decayWeights),
    /** Nesterov momentum with orthogonal updates of matrices. */
    MUON(FirstOrderUpdaters::muon, List.of(Setting.MOMENTUM), true, PreparedLayers::orthogonalise),
    /** Plain stochastic gradient descent. */
    SGD(FirstOrderUpdaters::sgd, List.of(), true);

    private final BiFunction<OptimizerSettings, Long, IUpdater> configuration;
    private final Set<Setting<?>> settings;
    private final boolean firstOrder;
    private final Consumer<Model> preparation;

    Optimizer(
            BiFunction<OptimizerSettings, Long, IUpdater> configuration,
            List<Setting<?>> settings,
            boolean firstOrder) {
        this(configuration, settings, firstOrder, model -> {});
    }

    Optimizer(
            BiFunction<OptimizerSettings, Long, IUpdater> configuration,
            List<Setting<?>> settings,
            boolean firstOrder,
            Consumer<Model> preparation) {
        this.configuration = configuration;
        this.settings = new LinkedHashSet<>(settings);
        this.settings.add(Setting.LEARNING_RATE);
        this.settings.add(Setting.SCHEDULE);
        this.firstOrder = firstOrder;
        this.preparation = preparation;
    }

    /** @return the name on the command line and in result files */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @return whether it is a baseline that looks at gradients only */
    public boolean firstOrder() {
        return firstOrder;
    }

    /** @return the settings that it has */
    public Set<Setting<?>> settings() {
        return Set.copyOf(settings);
    }

    /**
     * @param chosen what the user set
     * @param seed of the optimizer's own random numbers
     * @return the DL4J configuration of this optimizer
     * @throws UserError if a value is out of range
     */
    public IUpdater updater(OptimizerSettings chosen, long seed) {
        try {
            return configuration.apply(chosen, seed);
        } catch (IllegalArgumentException e) {
            throw new UserError(id() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Changes in a new network what this optimizer needs beside its updater.
     *
     * @param network configured with {@link #updater}; its configuration is changed
     * @throws UserError if this optimizer cannot train the network
     */
    public void prepare(Model network) {
        preparation.accept(network);
    }

    /**
     * @param id a name as {@link #id()} gives it
     * @return the optimizer
     * @throws UserError if there is none of that name
     */
    public static Optimizer of(String id) {
        return Arrays.stream(values())
                .filter(known -> known.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new UserError("unknown optimizer '" + id + "'; known are " + ids()));
    }

    /** @return the names of all optimizers, to read */
    public static String ids() {
        return Arrays.stream(values()).map(Optimizer::id).collect(Collectors.joining(", "));
    }

    /**
     * @param setting a setting
     * @return the names of the optimizers that have it, to read
     */
    public static String idsWith(Setting<?> setting) {
        return Arrays.stream(values())
                .filter(optimizer -> optimizer.settings.contains(setting))
                .map(Optimizer::id)
                .collect(Collectors.joining(", "));
    }
}
