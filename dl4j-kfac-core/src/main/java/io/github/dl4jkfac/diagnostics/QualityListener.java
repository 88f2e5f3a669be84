package io.github.dl4jkfac.diagnostics;

import io.github.dl4jkfac.capture.probe.CurrentBatch;
import io.github.dl4jkfac.capture.probe.Doubles;
import io.github.dl4jkfac.capture.probe.OutputProbe;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures, while a network trains with any updater, how good the steps are. Every so many iterations it takes the step that was made,
 * parameters before minus parameters after, and finds on the same mini-batch its quality indicator (Wu et al. 2024, eq. 15; see {@link
 * UpdateQuality}), its cosine to the gradient and its cosine to the exact damped natural gradient.
 *
 * <pre>
 * QualityListener quality = QualityListener.builder().interval(100).build();
 * net.addListeners(quality);
 * net.fit(train, epochs);
 * quality.history().forEach(report -&gt; System.out.println(report.iteration() + " " + report.relative()));
 * </pre>
 *
 * <p>If the network has a StatsListener of DL4J's training UI, the figures appear there, each as a session of its own; see {@link
 * TrainingUi}.
 *
 * <p>The step is what DL4J has subtracted, with momentum, learning rate, weight decay and all; constraints on the parameters come
 * later and are left out. Fisher matrix and gradient are those of {@link FisherProducts}: without dropout, noise, L1 and L2. Training
 * itself is not disturbed: it computes, to the last bit, what it computes without the listener.
 *
 * <p>Cost of a measurement, in passes over the batch in float64 on a copy of the network: 5 forward passes and 1 backward pass; with
 * the exact natural gradient, for each iteration of its conjugate gradients 3 forward passes and 1 backward pass more, and 2 at the
 * end. With the default of at most 100 iterations a measurement takes as long as some hundred steps in float64, so the interval should
 * be large; {@code maxIterations(0)} does without. Memory: about 16 times the parameters in float64, and a copy of the batch.
 *
 * <p>A listener serves the first network that it hears of; others that have it too, such as ParallelWrapper's workers, are ignored.
 * Truncated back-propagation is refused: a batch makes several steps there, each on a part of it.
 */
public final class QualityListener extends BaseTrainingListener {

    /** Default of {@link Builder#interval}. */
    public static final int DEFAULT_INTERVAL = 100;
    /** Default of {@link Builder#damping}. */
    public static final double DEFAULT_DAMPING = 1e-3;
    /** Default of {@link Builder#maxIterations}. */
    public static final int DEFAULT_MAX_ITERATIONS = 100;
    /** Default of {@link Builder#tolerance}. */
    public static final double DEFAULT_TOLERANCE = 1e-3;

    private static final Logger LOG = LoggerFactory.getLogger(QualityListener.class);

    private final int interval;
    private final ExactNaturalGradient yardstick;
    private final List<QualityReporter> reporters;
    private final List<QualityReport> history = new ArrayList<>();
    private Model model;
    private OutputProbe probe;
    private Before before;
    private int skipped;

    /** What a step starts from: the parameters [1,P] and the batch, copies in float64. */
    private record Before(INDArray parameters, MultiDataSet batch) {}

    private QualityListener(Builder builder) {
        interval = builder.interval;
        yardstick = builder.maxIterations == 0
                ? null
                : new ExactNaturalGradient(builder.damping, builder.maxIterations, builder.tolerance);
        reporters = new ArrayList<>(builder.reporters);
        if (reporters.stream().noneMatch(TrainingUi.class::isInstance)) {
            reporters.add(new AttachedUi());
        }
    }

    /** {@return a builder with the defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return all measurements so far, oldest first; a copy} */
    public synchronized List<QualityReport> history() {
        return List.copyOf(history);
    }

    /** {@return how many steps were due but left out, since something in batch or step was not finite, or no parameter moved} */
    public synchronized int skipped() {
        return skipped;
    }

    /** Keeps what the coming step starts from, if it is due. */
    @Override
    public synchronized void onBackwardPass(Model trained) {
        if (!serves(trained)) {
            return;
        }
        before = null;
        if (iteration(trained) % interval == 0) {
            try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                before = new Before(Doubles.of(trained.params()), CurrentBatch.atHand(trained));
            }
        }
    }

    /** Measures the step that has been made, if it is due. */
    @Override
    public synchronized void iterationDone(Model trained, int iteration, int epoch) {
        if (trained != model || before == null) {
            return;
        }
        Before start = before;
        before = null;
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            measure(start, iteration, epoch);
        }
    }

    private boolean serves(Model trained) {
        if (model == null && (trained instanceof MultiLayerNetwork || trained instanceof ComputationGraph)) {
            requireWholeSteps(trained);
            model = trained;
        }
        return trained == model;
    }

    private static void requireWholeSteps(Model trained) {
        BackpropType type = trained instanceof MultiLayerNetwork network
                ? network.getLayerWiseConfigurations().getBackpropType()
                : ((ComputationGraph) trained).getConfiguration().getBackpropType();
        if (type == BackpropType.TruncatedBPTT) {
            throw new IllegalStateException(
                    "QualityListener does not measure truncated back-propagation through time, where a batch"
                            + " makes several steps. Remove the listener, or configure backpropType(BackpropType.Standard)");
        }
        OptimizationAlgorithm algorithm = trained.conf().getOptimizationAlgo();
        if (algorithm != OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT) {
            throw new IllegalStateException(
                    "QualityListener measures the steps of STOCHASTIC_GRADIENT_DESCENT with any updater,"
                            + " but the network's optimisation algorithm is " + algorithm);
        }
    }

    private static int iteration(Model trained) {
        return trained instanceof MultiLayerNetwork network
                ? network.getIterationCount()
                : ((ComputationGraph) trained).getIterationCount();
    }

    private void measure(Before start, int iteration, int epoch) {
        long began = System.nanoTime();
        if (probe == null) {
            probe = OutputProbe.of(model);
        }
        FisherProducts fisher = FisherProducts.at(probe, start.parameters(), start.batch());
        INDArray step = fisher.learned(start.parameters().sub(Doubles.of(model.params())));
        if (!isFinite(fisher, step)) {
            skip(iteration);
            return;
        }
        QualityReport report = report(fisher, step, iteration, epoch, began);
        history.add(report);
        LOG.debug("Iteration {}: indicator relative to the gradient's {}", iteration, report.relative());
        reporters.forEach(reporter -> reporter.report(model, report));
    }

    private static boolean isFinite(FisherProducts fisher, INDArray step) {
        double moved = step.norm2Number().doubleValue();
        return Double.isFinite(fisher.loss())
                && Double.isFinite(fisher.gradient().norm2Number().doubleValue())
                && Double.isFinite(moved)
                && moved > 0;
    }

    private void skip(int iteration) {
        skipped++;
        if (Integer.bitCount(skipped) == 1) {
            LOG.warn(
                    "The quality of the step of iteration {} was not measured (number {} so far): something in the batch or in the step"
                            + " is not finite, or no parameter has moved",
                    iteration,
                    skipped);
        }
    }

    private QualityReport report(FisherProducts fisher, INDArray step, int iteration, int epoch, long began) {
        UpdateQuality quality = new UpdateQuality(fisher);
        ExactNaturalGradient.Solution natural = yardstick == null ? null : yardstick.solve(fisher);
        return new QualityReport(
                iteration,
                epoch,
                fisher.loss(),
                quality.indicator(step),
                quality.ofGradient(),
                natural == null ? Double.NaN : quality.indicator(natural.direction()),
                UpdateQuality.cosine(step, fisher.gradient()),
                natural == null ? Double.NaN : UpdateQuality.cosine(step, natural.direction()),
                natural == null ? 0 : natural.iterations(),
                natural == null ? Double.NaN : natural.residual(),
                System.nanoTime() - began);
    }

    /** Builds listeners. */
    public static final class Builder {

        private int interval = DEFAULT_INTERVAL;
        private double damping = DEFAULT_DAMPING;
        private int maxIterations = DEFAULT_MAX_ITERATIONS;
        private double tolerance = DEFAULT_TOLERANCE;
        private final List<QualityReporter> reporters = new ArrayList<>();

        private Builder() {}

        /**
         * Sets how often the quality is measured.
         *
         * @param iterations k: at iterations 0, k, 2k, ...; at least 1
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder interval(int iterations) {
            if (iterations < 1) {
                throw new IllegalArgumentException("The interval must be at least 1 iteration, but is " + iterations);
            }
            interval = iterations;
            return this;
        }

        /**
         * Sets the damping of the exact natural gradient.
         *
         * @param lambda absolute; it is compared with the eigenvalues of the batch's Fisher matrix; at least 0
         * @return this builder
         */
        public Builder damping(double lambda) {
            damping = lambda;
            return this;
        }

        /**
         * Limits the iterations of conjugate gradients in which the exact natural gradient is computed.
         *
         * @param iterations the most iterations; 0 leaves the exact natural gradient out, which is many times cheaper
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder maxIterations(int iterations) {
            if (iterations < 0) {
                throw new IllegalArgumentException(
                        "The number of iterations must not be negative, but is " + iterations);
            }
            maxIterations = iterations;
            return this;
        }

        /**
         * Sets when the conjugate gradients stop.
         *
         * @param residual relative to the gradient's norm, at least 0
         * @return this builder
         */
        public Builder tolerance(double residual) {
            tolerance = residual;
            return this;
        }

        /**
         * Adds someone who is told every measurement.
         *
         * @param reporter for example a {@link TrainingUi}
         * @return this builder
         */
        public Builder reporter(QualityReporter reporter) {
            reporters.add(reporter);
            return this;
        }

        /**
         * {@return a listener with these settings}
         *
         * @throws IllegalArgumentException if damping or tolerance is out of range
         */
        public QualityListener build() {
            return new QualityListener(this);
        }
    }
}
