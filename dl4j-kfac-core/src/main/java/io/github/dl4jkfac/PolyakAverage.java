package io.github.dl4jkfac;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.step.Option;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Averages the parameters of a network over its last steps, for evaluation (Polyak and Juditsky 1992; Martens and Grosse 2015, sec. 13). On
 * batches that differ the parameters of single steps lie around a better point, where their average is. Training itself does not
 * notice. Works with every updater, those of DL4J included.
 *
 * <pre>{@code
 * PolyakAverage average = PolyakAverage.attach(net);
 * net.fit(train, epochs);
 * try (PolyakAverage.Swap averaged = average.swapIn()) {
 *     evaluation = net.evaluate(test);
 * }
 * }</pre>
 *
 * <p>After step k the average is a &lt;- xi_k a + (1 - xi_k) theta with xi_k = min(xi, 1 - 1/k): the plain mean of the first 1 / (1 -
 * xi) steps, and then a moving one. All entries of {@code params()} are averaged, and so are the running statistics of batch normalisation.
 * Costs one pass over the parameters for each step, and their memory once.
 *
 * <p>{@link io.github.dl4jkfac.checkpoint.Checkpoints} saves it with the network and brings it back attached.
 */
public final class PolyakAverage extends BaseTrainingListener {

    /** Default xi. */
    public static final double DEFAULT_DECAY = 0.99;

    private final Model model;
    private final double decay;
    private final INDArray average;
    private long steps;
    private INDArray swappedOut;
    private int lastIteration = -1;

    /** The average in the place of the network's parameters, until it is closed. */
    public interface Swap extends AutoCloseable {

        /** Puts the parameters back that training goes on with. Later calls do nothing. */
        @Override
        void close();
    }

    private PolyakAverage(Model model, double decay, long steps, INDArray average) {
        this.model = model;
        this.decay = decay;
        this.steps = steps;
        this.average = average;
    }

    /**
     * Averages from the next step on, with xi = 0.99.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph; it gets a listener
     * @return the average
     * @throws IllegalArgumentException if the model is of another kind
     * @throws IllegalStateException if the network has not been initialised, or has an average already
     */
    public static PolyakAverage attach(Model model) {
        return attach(model, DEFAULT_DECAY);
    }

    /**
     * Averages from the next step on.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph; it gets a listener
     * @param decay xi in [0,1): about 1 / (1 - xi) steps count
     * @return the average
     * @throws IllegalArgumentException if the model is of another kind, or decay is not in [0,1)
     * @throws IllegalStateException if the network has not been initialised, or has an average already
     */
    public static PolyakAverage attach(Model model, double decay) {
        return attach(model, decay, 0, null);
    }

    /**
     * Goes on with an average that was saved.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph; it gets a listener
     * @param decay xi in [0,1)
     * @param steps that the average is made of
     * @param average as many numbers as the network has parameters, or null if there are no steps; not modified
     * @return the average
     * @throws IllegalArgumentException if the model is of another kind, decay is not in [0,1), or the average is of another length
     * @throws IllegalStateException if the network has not been initialised, or has an average already
     */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    public static PolyakAverage attach(Model model, double decay, long steps, INDArray average) {
        Objects.requireNonNull(model, "model");
        Option.share("decay", decay);
        if (listeners(model).stream().anyMatch(PolyakAverage.class::isInstance)) {
            throw new IllegalStateException("The network has an average already; PolyakAverage.of(net) finds it");
        }
        INDArray parameters = model.params();
        if (parameters == null) {
            throw new IllegalStateException(
                    "The network has no parameters; call init() before PolyakAverage.attach(net)");
        }
        if (average != null && average.length() != parameters.length()) {
            throw new IllegalArgumentException("The average has " + average.length() + " numbers, and the network "
                    + parameters.length() + " parameters");
        }
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            INDArray own = average == null
                    ? parameters.like()
                    : average.castTo(parameters.dataType()).dup().reshape(parameters.shape());
            PolyakAverage attached = new PolyakAverage(model, decay, steps, own);
            model.addListeners(attached);
            return attached;
        }
    }

    /**
     * Finds the average of a network.
     *
     * @param model a MultiLayerNetwork or ComputationGraph
     * @return the average; null if it has none
     * @throws IllegalArgumentException if the model is of another kind
     */
    public static PolyakAverage of(Model model) {
        return listeners(model).stream()
                .filter(PolyakAverage.class::isInstance)
                .map(PolyakAverage.class::cast)
                .findFirst()
                .orElse(null);
    }

    private static Collection<TrainingListener> listeners(Model model) {
        if (model instanceof MultiLayerNetwork network) {
            return new ArrayList<>(network.getListeners());
        }
        if (model instanceof ComputationGraph graph) {
            return new ArrayList<>(graph.getListeners());
        }
        throw new IllegalArgumentException("Only a MultiLayerNetwork or ComputationGraph has listeners, not a "
                + model.getClass().getSimpleName());
    }

    /** {@return xi} */
    public double decay() {
        return decay;
    }

    /** {@return how many steps have been averaged} */
    public synchronized long steps() {
        return steps;
    }

    /**
     * {@return the averaged parameters, in the order of {@code params()}; a copy}
     *
     * @throws IllegalStateException before the first step
     */
    public synchronized INDArray parameters() {
        requireSteps();
        return average.dup();
    }

    private void requireSteps() {
        if (steps == 0) {
            throw new IllegalStateException("There is no average before the first step");
        }
    }

    /**
     * Puts the average in the place of the network's parameters. Evaluate or save, then close the result.
     *
     * @return to be closed before training goes on
     * @throws IllegalStateException before the first step, or if the average is in already
     */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    public synchronized Swap swapIn() {
        requireSteps();
        if (swappedOut != null) {
            throw new IllegalStateException("The average is in the network already; close the other swap first");
        }
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            swappedOut = model.params().dup();
        }
        model.params().assign(average);
        return this::swapOut;
    }

    private synchronized void swapOut() {
        if (swappedOut != null) {
            model.params().assign(swappedOut);
            swappedOut.close();
            swappedOut = null;
        }
    }

    @Override
    public void onForwardPass(Model trained, List<INDArray> activations) {
        requireSwappedOut();
    }

    private synchronized void requireSwappedOut() {
        if (swappedOut != null) {
            throw new IllegalStateException(
                    "The network has its averaged parameters in; close the PolyakAverage.Swap before training goes on");
        }
    }

    /**
     * Takes the parameters in, as they are after a step; nothing happens if they are not finite, or if it has been told of the
     * step before.
     */
    @Override
    public synchronized void iterationDone(Model trained, int iteration, int epoch) {
        if (trained != model || iteration == lastIteration) {
            return; // copies, as ParallelWrapper's workers are, take steps that are not the network's
        }
        lastIteration = iteration;
        requireSwappedOut();
        for (TrainingListener listener : listeners(model)) {
            if (listener instanceof KFacListener own) {
                own.iterationDone(model, iteration, epoch); // which takes back what a batch has done that is left out
            }
        }
        if (Finite.isFinite(model.params())) {
            takeIn();
        }
    }

    private void takeIn() {
        steps++;
        double share = Math.max(1 - decay, 1.0 / steps);
        INDArray parameters = model.params();
        if (share == 1) {
            average.assign(parameters);
        } else {
            average.muli(1 - share);
            Nd4j.getBlasWrapper().level1().axpy(parameters.length(), share, parameters, average);
        }
    }
}
