package io.github.dl4jkfac;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.fit;
import static io.github.dl4jkfac.testing.TestNetworks.inner;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static io.github.dl4jkfac.testing.TestNetworks.symmetric;
import static io.github.dl4jkfac.testing.TestNetworks.trace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.session.BoundBlock;
import io.github.dl4jkfac.session.Sessions;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.step.Hyperparameters;
import io.github.dl4jkfac.step.RefreshPlan;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/**
 * Steps of fit() against a plain computation from the factors A, G and the gradient V that DL4J itself gives to an ordinary
 * updater: a twin network takes one step of plain gradient descent with learning rate 1, with the same clipping and L1, L2.
 */
@Tag("theory")
class NaturalGradientStepTest {

    private static final double FALLBACK_RATE = 0.05;
    private static final double BIAS_RATE = 0.02;
    private static final double DECAY = 0.3;
    private static final double L2 = 0.07;

    /** Builds the same network with one updater or another. */
    private interface Structure {
        /** @param decay whether layer 0 has weight decay; it acts after the updater, so the twin has none */
        Model build(NeuralNetConfiguration.Builder settings, IUpdater biases, boolean decay);
    }

    private record Case(
            String name,
            Structure structure,
            UnaryOperator<NeuralNetConfiguration.Builder> settings,
            KFac.Builder kfac) {

        Case with(String suffix, UnaryOperator<NeuralNetConfiguration.Builder> changed) {
            return new Case(name + ", " + suffix, structure, changed, kfac);
        }

        Model trained() {
            IUpdater updater = kfac.fallback(new Sgd(FALLBACK_RATE)).build();
            Model model = structure.build(settings.apply(TestNetworks.settings(updater)), new Sgd(BIAS_RATE), true);
            KFacListener.attach(model);
            return model;
        }

        Model twin() {
            return structure.build(settings.apply(TestNetworks.settings(new Sgd(1))), new Sgd(1), false);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static KFac.Builder everyStep() {
        return KFac.builder().klClip(KFac.DEFAULT_KL_CLIP).statisticsInterval(1).inverseInterval(1);
    }

    private static Model stack(NeuralNetConfiguration.Builder settings, IUpdater biases, boolean decay) {
        return sequence(
                settings,
                dense(4, 5, Activation.TANH).build(),
                dense(5, 3, Activation.SOFTPLUS).hasBias(false).build(),
                output(3, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    private static Model decayed(NeuralNetConfiguration.Builder settings, IUpdater biases, boolean decay) {
        DenseLayer.Builder first = dense(4, 5, Activation.TANH);
        return sequence(
                settings,
                (decay ? first.weightDecay(DECAY) : first).build(),
                output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    /** DL4J makes five updater blocks of it, two of them without curvature in the middle. */
    private static Model split(NeuralNetConfiguration.Builder settings, IUpdater biases, boolean decay) {
        return sequence(
                settings,
                dense(4, 5, Activation.TANH).build(),
                new BatchNormalization.Builder()
                        .nIn(5)
                        .nOut(5)
                        .updater(new Sgd(FALLBACK_RATE))
                        .build(),
                dense(5, 4, Activation.TANH).biasUpdater(biases).build(),
                dense(4, 4, Activation.TANH).build(),
                output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    private static Model graph(NeuralNetConfiguration.Builder settings, IUpdater biases, boolean decay) {
        ComputationGraph graph = new ComputationGraph(settings.graphBuilder()
                .addInputs("x")
                .addLayer("a", dense(4, 3, Activation.TANH).build(), "x")
                .addLayer("b", dense(7, 4, Activation.TANH).biasUpdater(biases).build(), "a", "x")
                .addLayer(
                        "classes",
                        output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build(),
                        "b")
                .addLayer(
                        "values",
                        output(7, 2, Activation.IDENTITY, new LossL2()).build(),
                        "a",
                        "b")
                .setOutputs("classes", "values")
                .build());
        graph.init();
        TestNetworks.disturb(graph);
        return graph;
    }

    static Stream<Case> cases() {
        UnaryOperator<NeuralNetConfiguration.Builder> plain = UnaryOperator.identity();
        KFac.Builder clipped = everyStep().klClip(1e-3);
        KFac.Builder free = everyStep().withoutKlClip().momentum(0).learningRate(0.1);
        Case stack = new Case("stack", NaturalGradientStepTest::stack, plain, clipped);
        Case split = new Case("split blocks", NaturalGradientStepTest::split, plain, clipped);
        Case graph = new Case("graph", NaturalGradientStepTest::graph, plain, clipped);
        return Stream.of(
                stack,
                stack.with(
                        "L1 and L2",
                        settings -> settings.l1(0.05).l2(L2).l1Bias(0.02).l2Bias(0.03)),
                stack.with(
                        "elementwise clipping",
                        settings -> settings.l2(L2)
                                .gradientNormalization(GradientNormalization.ClipElementWiseAbsoluteValue)
                                .gradientNormalizationThreshold(0.01)),
                stack.with(
                        "clipping by layer",
                        settings -> settings.gradientNormalization(GradientNormalization.ClipL2PerLayer)
                                .gradientNormalizationThreshold(0.05)),
                stack.with("sums in place of means", settings -> settings.miniBatch(false)),
                stack.with(
                        "sums in place of means, L2",
                        settings -> settings.miniBatch(false).l2(L2)),
                split,
                split.with("L1 and L2", settings -> settings.l1(0.05).l2(L2)),
                split.with("sums in place of means", settings -> settings.miniBatch(false)),
                graph,
                graph.with("L2", settings -> settings.l2(L2)),
                new Case("unclipped, no momentum", NaturalGradientStepTest::stack, plain, free),
                new Case("unclipped graph", NaturalGradientStepTest::graph, plain, free),
                new Case(
                        "empirical Fisher",
                        NaturalGradientStepTest::stack,
                        plain,
                        everyStep().curvature(Curvature.EMPIRICAL_FISHER)),
                new Case(
                        "improved empirical Fisher",
                        NaturalGradientStepTest::graph,
                        plain,
                        everyStep().curvature(Curvature.IMPROVED_EMPIRICAL_FISHER)),
                new Case(
                        "weight decay",
                        NaturalGradientStepTest::decayed,
                        plain,
                        everyStep().klClip(1e-3)),
                new Case(
                        "schedules",
                        NaturalGradientStepTest::decayed,
                        plain,
                        everyStep()
                                .learningRate(new StepSchedule(ScheduleType.ITERATION, 0.5, 0.6, 1))
                                .damping(new StepSchedule(ScheduleType.ITERATION, 0.3, 0.4, 1))),
                new Case(
                        "inverses older than the factors",
                        NaturalGradientStepTest::stack,
                        plain,
                        KFac.builder().statisticsInterval(1).inverseInterval(4).klClip(1e-3)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void stepsAreThoseOfAPlainComputation(Case c) {
        Model model = c.trained();
        Model twin = c.twin();
        Reference reference = new Reference(model);
        for (int k = 0; k < 6; k++) {
            MultiDataSet data = data(model, k);
            INDArray before = model.params().dup();
            twin.setParams(before);
            fit(twin, data);
            Map<String, INDArray> gradient = new HashMap<>();
            Map<String, INDArray> old = new HashMap<>();
            model.paramTable().forEach((key, value) -> {
                old.put(key, value.dup());
                gradient.put(key, value.sub(twin.paramTable().get(key)));
            });
            fit(model, data);
            Map<String, INDArray> expected =
                    reference.step(k, data.getFeatures(0).size(0), old, gradient);
            for (Map.Entry<String, INDArray> parameter : model.paramTable().entrySet()) {
                assertThat(error(parameter.getValue(), expected.get(parameter.getKey())))
                        .as("parameter %s, step %d", parameter.getKey(), k)
                        .isLessThan(1e-9);
            }
            assertThat(Sessions.find(model).report().klScale()).isCloseTo(reference.klScale, within(1e-9));
        }
    }

    private static MultiDataSet data(Model model, int k) {
        INDArray x = normal(k, 9, 4);
        return model instanceof ComputationGraph
                ? new MultiDataSet(new INDArray[] {x}, new INDArray[] {oneHot(9, 3), normal(100 + k, 9, 2)})
                : batch(x, oneHot(9, 3));
    }

    /** K-FAC's step, written down once more without any of the library's arithmetic. */
    private static final class Reference {

        private final Model model;
        private final List<BoundBlock> blocks;
        private final Map<String, INDArray> momentum = new HashMap<>();
        private final Map<String, INDArray[]> inverses = new HashMap<>();
        private double klScale;

        Reference(Model model) {
            this.model = model;
            this.blocks = KFacListener.SESSIONS.of(model).blocks();
        }

        Map<String, INDArray> step(int k, long samples, Map<String, INDArray> old, Map<String, INDArray> gradient) {
            boolean means = TestNetworks.layer(
                            model, blocks.get(0).plan().slot().name())
                    .conf()
                    .isMiniBatch();
            Map<String, INDArray> directions = new LinkedHashMap<>();
            double squaredLength = 0;
            for (BoundBlock block : blocks) {
                String name = block.plan().slot().name();
                INDArray v = matrix(block, gradient).div(means ? 1 : samples);
                refresh(block, k, means ? 1 : samples);
                INDArray u = inverses.get(name)[0].mmul(v).mmul(inverses.get(name)[1]);
                directions.put(name, u);
                double rate = rate(block, k);
                squaredLength += rate * rate * inner(u, v);
            }
            double kl = blocks.get(0).worker().hyperparameters().step().klClip();
            klScale = kl > 0 ? Math.min(1, Math.sqrt(kl / squaredLength)) : 1;

            Map<String, INDArray> expected = withoutBlocks(old, gradient);
            for (BoundBlock block : blocks) {
                String name = block.plan().slot().name();
                double mu = block.worker().hyperparameters().step().momentum();
                INDArray m = directions.get(name).mul(klScale);
                momentum.merge(name, m, (was, now) -> was.mul(mu).add(now));
                INDArray after = matrix(block, old).sub(momentum.get(name).mul(rate(block, k)));
                INDArray w = TestNetworks.rows(after, 0, block.shape().inputs()).dup();
                w.subi(old.get(name + "_W").mul(rate(block, k) * weightDecay(name)));
                expected.put(name + "_W", w);
                if (block.shape().bias()) {
                    INDArray b = TestNetworks.rows(
                            after, block.shape().inputs(), block.shape().inputs() + 1);
                    expected.put(name + "_b", b.reshape(old.get(name + "_b").shape()));
                }
            }
            return expected;
        }

        private double weightDecay(String layer) {
            return regularisation(layer, WeightDecay.class)
                    .mapToDouble(term -> term.getCoeff().valueAt(0, 0))
                    .sum();
        }

        private double l2(String layer) {
            return regularisation(layer, L2Regularization.class)
                    .mapToDouble(term -> term.getL2().valueAt(0, 0))
                    .sum();
        }

        private <T> Stream<T> regularisation(String layer, Class<T> kind) {
            BaseLayer conf = (BaseLayer) TestNetworks.layer(model, layer).conf().getLayer();
            return conf.getRegularization().stream().filter(kind::isInstance).map(kind::cast);
        }

        private static Map<String, INDArray> withoutBlocks(Map<String, INDArray> old, Map<String, INDArray> gradient) {
            Map<String, INDArray> expected = new HashMap<>();
            old.forEach((key, value) -> {
                double rate = key.endsWith("_b") ? BIAS_RATE : 1;
                expected.put(key, value.sub(gradient.get(key).mul(rate)));
            });
            return expected;
        }

        private static INDArray matrix(BoundBlock block, Map<String, INDArray> parameters) {
            INDArray w = parameters.get(block.plan().slot().name() + "_W");
            if (!block.shape().bias()) {
                return w.dup();
            }
            INDArray b = parameters.get(block.plan().slot().name() + "_b");
            return Nd4j.vstack(w, b.reshape('c', 1, b.length()));
        }

        private static double rate(BoundBlock block, int k) {
            return block.worker().hyperparameters().learningRateAt(k, 0);
        }

        private void refresh(BoundBlock block, int k, long divisor) {
            Hyperparameters hyper = block.worker().hyperparameters();
            if (!new RefreshPlan(
                            hyper.statistics().statisticsInterval(),
                            hyper.refresh().inverseInterval())
                    .inversesDue(k)) {
                return;
            }
            BlockState state = block.state();
            INDArray a = symmetric(state.get("A"));
            INDArray g = symmetric(state.get("G"));
            double lambda = hyper.dampingAt(k, 0) + l2(block.plan().slot().name()) / divisor;
            double pi = Math.sqrt((trace(a) / a.size(0)) / (trace(g) / g.size(0)));
            inverses.put(block.plan().slot().name(), new INDArray[] {
                inverse(plusDiagonal(a, pi * Math.sqrt(lambda))), inverse(plusDiagonal(g, Math.sqrt(lambda) / pi))
            });
        }
    }

    @ParameterizedTest(name = "clip at {0}")
    @ValueSource(doubles = {1e-6, 1e-4, 1e-2, 1e6})
    void stepHasTheSquaredLengthThatTheClipAllows(double kl) {
        Model model = graph(settings(everyStep().momentum(0).klClip(kl).build()), null, false);
        KFacListener listener = KFacListener.attach(model);
        double squaredLength = squaredLengthOfAStep(model);
        if (listener.report(model).klScale() < 1) {
            assertThat(squaredLength).isCloseTo(kl, within(1e-9 * kl));
        } else {
            assertThat(squaredLength).isLessThan(kl);
        }
        assertThat(listener.report(model).klScale() < 1).isEqualTo(kl < 1);
    }

    @Test
    void theClipFollowsItsSchedule() {
        ISchedule quarters = new StepSchedule(ScheduleType.ITERATION, 1e-6, 0.25, 1);
        Model model = graph(settings(everyStep().momentum(0).klClip(quarters).build()), null, false);
        KFacListener.attach(model);
        for (double kl : new double[] {1e-6, 0.25e-6, 0.0625e-6}) {
            assertThat(squaredLengthOfAStep(model)).isCloseTo(kl, within(1e-9 * kl));
        }
    }

    /** d^T F_d d of the step taken, from the inverses in the updater's state. */
    private static double squaredLengthOfAStep(Model model) {
        List<INDArray> before = new ArrayList<>();
        List<BoundBlock> blocks = KFacListener.SESSIONS.of(model).blocks();
        blocks.forEach(block ->
                before.add(TestNetworks.weights(model, block.plan().slot().name())));
        fit(model, data(model, 1));
        double squaredLength = 0;
        for (int i = 0; i < blocks.size(); i++) {
            INDArray d = before.get(i)
                    .sub(TestNetworks.weights(model, blocks.get(i).plan().slot().name()));
            BlockState state = blocks.get(i).state();
            squaredLength += inner(d, inverse(state.get("A_inverse")).mmul(d).mmul(inverse(state.get("G_inverse"))));
        }
        return squaredLength;
    }
}
