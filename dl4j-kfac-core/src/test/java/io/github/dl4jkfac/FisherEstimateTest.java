package io.github.dl4jkfac;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.fit;
import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.meanProduct;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static io.github.dl4jkfac.testing.TestNetworks.symmetric;
import static io.github.dl4jkfac.testing.TestNetworks.vec;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.session.BoundBlock;
import io.github.dl4jkfac.testing.Recorder;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** The factors that fit() collects, against the exact Fisher matrix. */
@Tag("theory")
class FisherEstimateTest {

    /** Statistics at every step, as a plain mean, with parameters that practically stay. */
    private static KFac.Builder collecting() {
        return KFac.builder()
                .statisticsInterval(1)
                .inverseInterval(1_000_000)
                .statisticsDecay(0.99999)
                .learningRate(1e-14)
                .momentum(0);
    }

    private static INDArray outputFactor(Model model, String layer) {
        return symmetric(block(model, layer).state().get("G"));
    }

    private static BoundBlock block(Model model, String layer) {
        return KFacListener.SESSIONS.of(model).blocks().stream()
                .filter(block -> block.plan().name().equals(layer))
                .findFirst()
                .orElseThrow();
    }

    private static MultiLayerNetwork classifier(IUpdater updater) {
        return sequence(
                settings(updater),
                dense(4, 5, Activation.TANH).build(),
                dense(5, 4, Activation.SIGMOID).hasBias(false).build(),
                output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    @Test
    void empiricalBlocksOfOneSampleAreTheSquareOfItsGradient() {
        Model model =
                classifier(KFac.builder().curvature(Curvature.EMPIRICAL_FISHER).build());
        MultiDataSet sample = batch(normal(1, 1, 4), oneHot(1, 3));
        Map<String, INDArray> gradients =
                Recorder.record(classifier(new Sgd(0.1)), sample).gradients();
        KFacListener.attach(model);
        fit(model, sample);
        assertThat(gradients).hasSize(3);
        gradients.forEach((layer, gradient) -> {
            INDArray u = vec(gradient);
            assertThat(error(
                            block(model, layer).block().toDense(), u.transpose().mmul(u)))
                    .as("layer %s", layer)
                    .isLessThan(1e-10);
        });
    }

    /** One sample, B column by column: A is of rank one, and the sum over the columns is in G alone. */
    @Test
    void exactBlocksOfOneSampleAreItsFisherMatrix() {
        INDArray x = normal(1, 1, 4);
        MultiLayerNetwork plain = classifier(new Sgd(0.1));
        Map<String, INDArray> fisher = Recorder.exactFisher(plain, x, Recorder.classColumns(plain.output(x)));
        Model model =
                classifier(KFac.builder().curvature(Curvature.EXACT_FISHER).build());
        KFacListener.attach(model);
        fit(model, batch(x, oneHot(1, 3)));
        assertThat(fisher).hasSize(3);
        fisher.forEach((layer, expected) -> assertThat(
                        error(block(model, layer).block().toDense(), expected))
                .as("layer %s", layer)
                .isLessThan(1e-10));
    }

    private static MultiLayerNetwork deepLinear(IUpdater updater) {
        return sequence(
                settings(updater),
                dense(4, 3, Activation.IDENTITY).build(),
                dense(3, 5, Activation.IDENTITY).hasBias(false).build(),
                output(5, 3, Activation.IDENTITY, new LossMSE()).build());
    }

    /** Derivatives of a linear network do not depend on its inputs: A and G are independent. */
    @Test
    void exactBlocksOfADeepLinearNetworkAreItsFisherMatrix() {
        INDArray x = normal(1, 12, 4);
        MultiLayerNetwork plain = deepLinear(new Sgd(0.1));
        Map<String, INDArray> fisher =
                Recorder.exactFisher(plain, x, Recorder.squaredErrorColumns(plain.output(x), 1.0 / 3));
        Model model =
                deepLinear(KFac.builder().curvature(Curvature.EXACT_FISHER).build());
        KFacListener.attach(model);
        fit(model, batch(x, normal(2, 12, 3)));
        assertThat(fisher).hasSize(3);
        fisher.forEach((layer, expected) -> assertThat(
                        error(block(model, layer).block().toDense(), expected))
                .as("layer %s", layer)
                .isLessThan(1e-10));
    }

    @Test
    void exactFactorsAreThoseOfAllColumns() {
        INDArray x = normal(1, 16, 4);
        MultiLayerNetwork plain = classifier(new Sgd(0.1));
        Map<String, OuterProductRows> exact = Recorder.exactRows(plain, x, Recorder.classColumns(plain.output(x)));
        MultiLayerNetwork model =
                classifier(collecting().curvature(Curvature.EXACT_FISHER).build());
        KFacListener.attach(model);
        fit(model, batch(x, oneHot(16, 3)));
        exact.forEach((layer, rows) -> {
            assertThat(error(outputFactor(model, layer), exactFactor(rows))).isLessThan(1e-12);
            INDArray abar = Recorder.inputs(
                    Recorder.record(plain, batch(x, oneHot(16, 3))).rows().get(layer));
            INDArray inputs = layer.equals("1") ? abar : homogeneous(abar);
            assertThat(error(symmetric(block(model, layer).state().get("A")), meanProduct(inputs, inputs)))
                    .isLessThan(1e-12);
        });
    }

    @ParameterizedTest
    @EnumSource(
            value = Curvature.class,
            names = {"SAMPLED_FISHER", "RANDOM_SIGN_FISHER"})
    void randomFactorsConvergeToTheExactOnesAsTheRootOfTheNumberOfDraws(Curvature curvature) {
        INDArray x = normal(1, 16, 4);
        MultiLayerNetwork plain = classifier(new Sgd(0.1));
        Map<String, OuterProductRows> exact = Recorder.exactRows(plain, x, Recorder.classColumns(plain.output(x)));
        MultiLayerNetwork model = classifier(collecting().curvature(curvature).build());
        KFacListener.attach(model);
        int few = 25;
        int many = 400;
        double[] early = new double[3];
        for (int k = 1; k <= many; k++) {
            fit(model, batch(x, oneHot(16, 3)));
            for (int layer = 0; layer < 3 && k == few; layer++) {
                early[layer] = error(outputFactor(model, "" + layer), exactFactor(exact.get("" + layer)));
            }
        }
        for (int layer = 0; layer < 3; layer++) {
            double late = error(outputFactor(model, "" + layer), exactFactor(exact.get("" + layer)));
            // one draw of a sample has an error of the order of the factor itself
            assertThat(early[layer])
                    .as("layer %d", layer)
                    .isBetween(0.2 / Math.sqrt(few * 16), 4 / Math.sqrt(few * 16));
            assertThat(late).as("layer %d", layer).isBetween(0.2 / Math.sqrt(many * 16), 4 / Math.sqrt(many * 16));
        }
    }

    private static INDArray exactFactor(OuterProductRows rows) {
        INDArray g = rows.derivatives();
        return g.transpose().mmul(g).div(rows.samples());
    }

    /** Equal heads: with the same noise in both, G would be 2 (W1 + W2)(W1 + W2)^T. */
    @ParameterizedTest
    @EnumSource(
            value = Curvature.class,
            names = {"SAMPLED_FISHER", "RANDOM_SIGN_FISHER"})
    void outputsAreDrawnIndependently(Curvature curvature) {
        ComputationGraph graph = new ComputationGraph(settings(
                        collecting().curvature(curvature).build())
                .graphBuilder()
                .addInputs("x")
                .addLayer("a", dense(3, 4, Activation.IDENTITY).build(), "x")
                .addLayer("y1", output(4, 2, Activation.IDENTITY, new LossL2()).build(), "a")
                .addLayer("y2", output(4, 2, Activation.IDENTITY, new LossL2()).build(), "a")
                .setOutputs("y1", "y2")
                .build());
        graph.init();
        TestNetworks.disturb(graph);
        KFacListener.attach(graph);
        INDArray y = normal(2, 3000, 2);
        fit(graph, new MultiDataSet(new INDArray[] {normal(1, 3000, 3)}, new INDArray[] {y, y}));
        INDArray w1 = graph.getLayer("y1").getParam("W");
        INDArray w2 = graph.getLayer("y2").getParam("W");
        INDArray expected = w1.mmul(w1.transpose()).add(w2.mmul(w2.transpose())).mul(2);
        assertThat(error(outputFactor(graph, "a"), expected)).isLessThan(3 * Math.sqrt(5.0 / 3000));
    }

    private static void assertFitSolvesLeastSquares(ILossFunction loss) {
        KFac undamped = KFac.builder()
                .damping(1e-12)
                .learningRate(1)
                .momentum(0)
                .withoutKlClip()
                .build();
        Function<IUpdater, MultiLayerNetwork> linear = updater -> sequence(
                settings(updater), output(4, 3, Activation.IDENTITY, loss).build());
        MultiLayerNetwork network = linear.apply(undamped);
        KFacListener.attach(network);
        INDArray x = normal(1, 6000, 4);
        INDArray y = normal(2, 6000, 3);
        INDArray abar = homogeneous(x);
        INDArray solution = inverse(meanProduct(abar, abar)).mmul(meanProduct(abar, y));
        INDArray distance = TestNetworks.weights(network, "0").sub(solution);
        fit(network, batch(x, y));
        // what is left is the sampling error of G, about sqrt(4 / 6000)
        assertThat(TestNetworks.weights(network, "0")
                        .sub(solution)
                        .norm2Number()
                        .doubleValue())
                .isLessThan(3 * Math.sqrt(4.0 / 6000) * distance.norm2Number().doubleValue());
    }

    @Test
    void oneUndampedStepOfFitSolvesLeastSquaresUpToTheSamplingError() {
        assertFitSolvesLeastSquares(new LossL2());
        assertFitSolvesLeastSquares(new LossMSE());
    }

    static Stream<Arguments> linearModels() {
        KFac undamped = KFac.builder()
                .curvature(Curvature.EXACT_FISHER)
                .damping(1e-24)
                .learningRate(1)
                .momentum(0)
                .withoutKlClip()
                .build();
        return Stream.of(new LossL2(), new LossMSE()).flatMap(loss -> {
            org.deeplearning4j.nn.conf.layers.OutputLayer layer =
                    output(4, 3, Activation.IDENTITY, loss).build();
            ComputationGraph graph = new ComputationGraph(settings(undamped)
                    .graphBuilder()
                    .addInputs("x")
                    .addLayer("0", layer, "x")
                    .setOutputs("0")
                    .build());
            graph.init();
            return Stream.of(
                    Arguments.of(loss.name(), sequence(settings(undamped), layer)),
                    Arguments.of(loss.name() + " in a graph", graph));
        });
    }

    /** The curvature is the Hessian, and the step Newton's. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("linearModels")
    void oneExactUndampedStepOfFitSolvesLeastSquares(String name, Model model) {
        KFacListener.attach(model);
        INDArray x = normal(1, 20, 4);
        INDArray y = normal(2, 20, 3);
        INDArray abar = homogeneous(x);
        INDArray solution = inverse(meanProduct(abar, abar)).mmul(meanProduct(abar, y));
        fit(model, batch(x, y));
        assertThat(error(TestNetworks.weights(model, "0"), solution)).isLessThan(1e-8);
    }

    @ParameterizedTest
    @EnumSource(value = Curvature.class, names = "(SAMPLED|RANDOM_SIGN)_FISHER", mode = EnumSource.Mode.MATCH_NONE)
    void factorsOfAFractionAreThoseOfTheFirstSamples(Curvature curvature) {
        INDArray x = normal(1, 20, 4);
        INDArray y = oneHot(20, 3);
        Model quarter = classifier(
                collecting().curvature(curvature).statisticsFraction(0.25).build());
        Model first = classifier(collecting().curvature(curvature).build());
        KFacListener.attach(quarter);
        KFacListener.attach(first);
        fit(quarter, batch(x, y));
        fit(first, batch(rows(x, 0, 5), rows(y, 0, 5)));
        assertFactorsEqual(quarter, first);
    }

    private static void assertFactorsEqual(Model one, Model other) {
        for (BoundBlock block : KFacListener.SESSIONS.of(one).blocks()) {
            assertThat(error(
                            block.block().toDense(),
                            block(other, block.plan().name()).block().toDense()))
                    .as("layer %s", block.plan().name())
                    .isLessThan(1e-12);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.25, 1})
    void sampledInputFactorsAreThoseOfTheFirstSamples(double fraction) {
        INDArray x = normal(1, 20, 4);
        MultiLayerNetwork model =
                classifier(collecting().statisticsFraction(fraction).build());
        KFacListener.attach(model);
        fit(model, batch(x, oneHot(20, 3)));
        INDArray first = homogeneous(rows(x, 0, (int) (20 * fraction)));
        INDArray factor = symmetric(block(model, "0").state().get("A"));
        assertThat(error(factor, meanProduct(first, first))).isLessThan(1e-12);
    }

    @ParameterizedTest
    @EnumSource(Curvature.class)
    void globalRandomStreamIsLeftAlone(Curvature curvature) {
        Model model = classifier(KFac.builder().curvature(curvature).build());
        KFacListener.attach(model);
        long root = Nd4j.getRandom().rootState();
        long node = Nd4j.getRandom().nodeState();
        fit(model, batch(normal(1, 6, 4), oneHot(6, 3)));
        assertThat(Nd4j.getRandom().rootState()).isEqualTo(root);
        assertThat(Nd4j.getRandom().nodeState()).isEqualTo(node);
    }

    @ParameterizedTest
    @EnumSource(Curvature.class)
    void factorsAndInversesArePositiveDefiniteWhenDamped(Curvature curvature) {
        Model model = classifier(KFac.builder().curvature(curvature).build());
        KFacListener.attach(model);
        for (int k = 0; k < 3; k++) {
            fit(model, batch(normal(k, 3, 4), oneHot(3, 3)));
        }
        for (BoundBlock block : KFacListener.SESSIONS.of(model).blocks()) {
            block.worker().state().asMap().forEach((name, matrix) -> {
                for (int k = 0; k < 20 && !name.equals("momentum"); k++) {
                    INDArray v = normal(100 + k, matrix.size(0), 1);
                    double form = v.transpose().mmul(symmetric(matrix)).mmul(v).getDouble(0);
                    assertThat(form).as(name).isGreaterThanOrEqualTo(name.contains("inverse") ? Double.MIN_NORMAL : 0);
                }
            });
        }
    }
}
