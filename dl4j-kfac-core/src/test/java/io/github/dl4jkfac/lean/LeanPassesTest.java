package io.github.dl4jkfac.lean;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.ExactFisher;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.parallel.KFacParallel;
import io.github.dl4jkfac.testing.Fixtures;
import java.io.File;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.dropout.GaussianNoise;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What lean passes compute is what Deeplearning4j computes. */
class LeanPassesTest {

    @TempDir
    File folder;

    static Stream<Arguments> layers() {
        return Stream.of(
                layer("tanh", layer -> layer.activation(Activation.TANH)),
                layer("sigmoid", layer -> layer.activation(Activation.SIGMOID)),
                layer("relu", layer -> layer.activation(Activation.RELU)),
                layer("leaky relu of the same class", layer -> layer.activation(new ActivationReLU(2.0, 0.1, 0.2))),
                layer("identity", layer -> layer.activation(Activation.IDENTITY)),
                layer("elu, whose derivative takes the pre-activations", layer -> layer.activation(Activation.ELU)),
                layer("without bias", layer -> layer.activation(Activation.TANH).hasBias(false)),
                layer("dropout", layer -> layer.activation(Activation.TANH).dropOut(0.6)),
                layer(
                        "noise on the input",
                        layer -> layer.activation(Activation.TANH).dropOut(new GaussianNoise(0.3))),
                layer(
                        "layer normalisation",
                        layer -> layer.activation(Activation.TANH).hasLayerNorm(true)),
                layer("drop connect", layer -> layer.activation(Activation.TANH).weightNoise(new DropConnect(0.7))),
                layer(
                        "L1 and L2",
                        layer -> layer.activation(Activation.TANH).l1(0.1).l2(0.2)));
    }

    private static Arguments layer(String name, UnaryOperator<DenseLayer.Builder> option) {
        return Arguments.of(name, option);
    }

    private static MultiLayerNetwork network(UnaryOperator<DenseLayer.Builder> option, IUpdater updater, boolean sum) {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(DataType.DOUBLE)
                .updater(updater)
                .list(
                        option.apply(new DenseLayer.Builder()
                                        .nIn(Fixtures.FEATURES)
                                        .nOut(6))
                                .build(),
                        option.apply(new DenseLayer.Builder().nIn(6).nOut(5)).build(),
                        sum
                                ? new OutputLayer.Builder(LossFunction.MSE)
                                        .nIn(5)
                                        .nOut(Fixtures.CLASSES)
                                        .activation(Activation.TANH)
                                        .build()
                                : Fixtures.output(5))
                .build());
        network.init();
        return network;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("layers")
    void gradientsScoresAndTrainingAreTheSame(String name, UnaryOperator<DenseLayer.Builder> option) {
        for (int samples : List.of(1, 9)) {
            for (boolean squares : List.of(false, true)) {
                MultiLayerNetwork plain = network(option, new Adam(0.01), squares);
                MultiLayerNetwork lean = network(option, new Adam(0.01), squares);
                assertThat(LeanPasses.attach(lean)).isEqualTo(3);
                for (int step = 0; step < 4; step++) {
                    DataSet batch = Fixtures.batch(DataType.DOUBLE, samples, step);
                    for (MultiLayerNetwork network : List.of(plain, lean)) {
                        Nd4j.getRandom().setSeed(step + 1);
                        network.fit(batch);
                    }
                    assertThat(lean.score()).isCloseTo(plain.score(), within(1e-12));
                    assertThat(lean.getGradientsViewArray().distance2(plain.getGradientsViewArray()))
                            .isLessThan(1e-12);
                    assertThat(lean.params().distance2(plain.params())).isLessThan(1e-12);
                }
                DataSet batch = Fixtures.batch(DataType.DOUBLE, samples, 9);
                assertThat(lean.score(batch)).isCloseTo(plain.score(batch), within(1e-12));
                assertThat(lean.output(batch.getFeatures()).distance2(plain.output(batch.getFeatures())))
                        .isLessThan(1e-12);
            }
        }
    }

    @Test
    void masksAreObeyed() {
        MultiLayerNetwork plain = network(layer -> layer.activation(Activation.TANH), new Adam(0.01), false);
        MultiLayerNetwork lean = plain.clone();
        LeanPasses.attach(lean);
        DataSet batch = Fixtures.batch(DataType.DOUBLE, 6, 1);
        batch.setLabelsMaskArray(Nd4j.create(new double[] {1, 0, 1, 1, 0, 1}, new long[] {6, 1}, DataType.DOUBLE));
        plain.fit(batch);
        lean.fit(batch);
        assertThat(lean.params().distance2(plain.params())).isLessThan(1e-12);
        assertThat(lean.score()).isCloseTo(plain.score(), within(1e-12));
    }

    static Stream<IUpdater> updaters() {
        return Stream.of(new KFac(), Fixtures.kfac().build(), new EKFac(), new ExactFisher(), new Adam(0.01));
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void everyUpdaterTrainsAsBefore(IUpdater updater) {
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, 12);
        for (boolean isGraph : List.of(false, true)) {
            Model plain = create(updater, isGraph);
            Model lean = create(updater, isGraph);
            assertThat(LeanPasses.attach(lean)).isPositive();
            for (Model model : List.of(plain, lean)) {
                if (KFacListener.isNeededBy(model)) {
                    KFacListener.attach(model);
                }
                Fixtures.fit(model, batches);
            }
            assertThat(Fixtures.distance(Fixtures.params(lean), Fixtures.params(plain)))
                    .isLessThan(1e-7);
        }
    }

    private static Model create(IUpdater updater, boolean isGraph) {
        return isGraph ? Fixtures.graph(updater, DataType.DOUBLE) : Fixtures.mlp(updater, DataType.DOUBLE);
    }

    @Test
    void theyMayComeAndGoWhileTheNetworkTrains() {
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, 9);
        MultiLayerNetwork plain = Fixtures.mlp(Fixtures.kfac().build(), DataType.DOUBLE);
        MultiLayerNetwork lean = Fixtures.mlp(Fixtures.kfac().build(), DataType.DOUBLE);
        KFacListener.attach(plain);
        KFacListener.attach(lean);
        for (int i = 0; i < batches.size(); i++) {
            if (i == 3) {
                LeanPasses.attach(lean);
                LeanPasses.attach(lean); // no harm
            }
            if (i == 6) {
                LeanPasses.detach(lean);
                assertThat(lean.getLayer(0))
                        .isExactlyInstanceOf(org.deeplearning4j.nn.layers.feedforward.dense.DenseLayer.class);
            }
            plain.fit(batches.get(i));
            lean.fit(batches.get(i));
        }
        assertThat(lean.params().distance2(plain.params())).isLessThan(1e-9);
        assertThat(lean.getLayer(0).getIterationCount())
                .isEqualTo(plain.getLayer(0).getIterationCount());
    }

    @Test
    void parallelTrainingKnowsTheLayersByTheirConfigurations() {
        MultiLayerNetwork plain = Fixtures.mlp(new Adam(0.01), DataType.DOUBLE);
        MultiLayerNetwork lean = Fixtures.mlp(new Adam(0.01), DataType.DOUBLE);
        LeanPasses.attach(lean);
        for (MultiLayerNetwork network : List.of(plain, lean)) {
            try (KFacParallel parallel =
                    KFacParallel.builder(network).workers(2).build()) {
                parallel.step(Fixtures.batches(DataType.DOUBLE, 2));
            }
        }
        assertThat(lean.params()).isEqualTo(plain.params());
    }

    @Test
    void filesAndClonesKnowNothingOfThem() throws Exception {
        MultiLayerNetwork plain = Fixtures.mlp(new Adam(0.01), DataType.DOUBLE);
        MultiLayerNetwork lean = plain.clone();
        LeanPasses.attach(lean);
        assertThat(Fixtures.json(lean)).isEqualTo(Fixtures.json(plain));
        MultiLayerNetwork restored = (MultiLayerNetwork) Fixtures.throughFile(lean, new File(folder, "net.zip"));
        for (MultiLayerNetwork copy : List.of(lean.clone(), restored)) {
            assertThat(copy.params()).isEqualTo(plain.params());
            assertThat(copy.getLayer(0))
                    .isExactlyInstanceOf(org.deeplearning4j.nn.layers.feedforward.dense.DenseLayer.class);
        }
    }

    @Test
    void layersOfAGraphMayShareTheInput() {
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, 5);
        ComputationGraph plain = shared();
        ComputationGraph lean = shared();
        assertThat(LeanPasses.attach(lean)).isEqualTo(3);
        for (ComputationGraph graph : List.of(plain, lean)) {
            batches.forEach(graph::fit);
        }
        assertThat(lean.params().distance2(plain.params())).isLessThan(1e-12);
    }

    private static ComputationGraph shared() {
        ComputationGraph graph = new ComputationGraph(new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(DataType.DOUBLE)
                .activation(Activation.TANH)
                .updater(new Adam(0.01))
                .graphBuilder()
                .addInputs("in")
                .addLayer("left", Fixtures.dense(Fixtures.FEATURES, 4), "in")
                .addLayer("right", Fixtures.dense(Fixtures.FEATURES, 3), "in")
                .addVertex("both", new MergeVertex(), "left", "right")
                .addLayer("out", Fixtures.output(7), "both")
                .setOutputs("out")
                .build());
        graph.init();
        return graph;
    }

    /** Only a fit has no use for it. */
    @Test
    void whoAsksForTheGradientOfTheInputGetsIt() {
        MultiLayerNetwork plain = network(layer -> layer.activation(Activation.TANH), new Adam(0.01), false);
        MultiLayerNetwork lean = plain.clone();
        LeanPasses.attach(lean);
        DataSet batch = Fixtures.batch(DataType.DOUBLE, 6, 1);
        lean.fit(batch);
        plain.fit(batch);
        INDArray expected = inputGradient(plain, batch);
        assertThat(inputGradient(lean, batch).distance2(expected)).isLessThan(1e-12);
        assertThat(expected.norm2Number().doubleValue()).isPositive();
    }

    private static INDArray inputGradient(MultiLayerNetwork network, DataSet batch) {
        Pair<?, INDArray> gradients = network.calculateGradients(batch.getFeatures(), batch.getLabels(), null, null);
        return gradients.getSecond().dup();
    }

    @Test
    void inputGradientsAreLeftOutInAFit() {
        MultiLayerNetwork lean = network(layer -> layer.activation(Activation.TANH), new Adam(0.01), false);
        LeanPasses.attach(lean);
        assertThat(Fitting.isUnderWay()).isFalse();
        lean.fit(Fixtures.batch(DataType.DOUBLE, 6, 1));
        assertThat(lean.getLayer(0)).isInstanceOf(LeanDense.class);
        assertThat(lean.getLayer(2)).isInstanceOf(LeanOutput.class);
    }

    @Test
    void otherModelsAreRefused() {
        assertThatThrownBy(() -> LeanPasses.attach(null)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LeanPasses.attach(new MultiLayerNetwork(
                        Fixtures.mlp(new Adam(0.1), DataType.FLOAT).getLayerWiseConfigurations())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("init()");
        assertThatThrownBy(() -> LeanPasses.attach(new ComputationGraph(
                        Fixtures.graph(new Adam(0.1), DataType.FLOAT).getConfiguration())))
                .isInstanceOf(IllegalStateException.class);
    }
}
