package io.github.dl4jkfac.capture.probe;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** The objective at other parameters, without touching the network. */
class LossProbeTest {

    private static final int N = 8;

    private static MultiDataSet data() {
        return batch(normal(1, N, 4), oneHot(N, 3));
    }

    private static MultiLayerNetwork network(NeuralNetConfiguration.Builder settings) {
        return sequence(
                settings,
                dense(4, 5, Activation.TANH).build(),
                output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    private static double score(Model model, INDArray parameters, MultiDataSet data) {
        INDArray before = model.params().dup();
        model.setParams(parameters);
        double score = model instanceof MultiLayerNetwork net
                ? net.score(new DataSet(data.getFeatures(0), data.getLabels(0)), true)
                : ((ComputationGraph) model).score(data, true);
        model.setParams(before);
        return score;
    }

    static Stream<Model> models() {
        ComputationGraph graph = new ComputationGraph(settings(new Sgd(0.1))
                .graphBuilder()
                .addInputs("in")
                .addLayer("hidden", dense(4, 5, Activation.TANH).build(), "in")
                .addLayer(
                        "out",
                        output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build(),
                        "hidden")
                .setOutputs("out")
                .build());
        graph.init();
        return Stream.of(network(settings(new Sgd(0.1))), graph);
    }

    @ParameterizedTest
    @MethodSource("models")
    void itIsTheScoreAtThoseParameters(Model model) {
        LossProbe probe = LossProbe.of(model);
        INDArray before = model.params().dup();
        for (int i = 0; i < 3; i++) {
            INDArray parameters = normal(10 + i, 1, model.numParams());
            assertThat(probe.loss(parameters, data(), 0, 0)).isCloseTo(score(model, parameters, data()), offset(1e-12));
        }
        assertThat(model.params()).isEqualTo(before);
    }

    /** Deeplearning4j's own score divides what L1 and L2 add by the batch size; its gradient does not. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void itsGradientIsTheOneThatUpdatersGet(boolean miniBatch) {
        MultiLayerNetwork net = network(
                settings(new Sgd(1)).miniBatch(miniBatch).l1(0.02).l2(0.3).l2Bias(0.1));
        LossProbe probe = LossProbe.of(net);
        INDArray before = net.params().dup();
        INDArray v = normal(3, 1, net.numParams());
        double e = 1e-5;
        double change = probe.loss(before.add(v.mul(e)), data(), 0, 0) - probe.loss(before.sub(v.mul(e)), data(), 0, 0);
        net.fit(new DataSet(data().getFeatures(0), data().getLabels(0)));
        INDArray gradient = before.sub(net.params()).divi(miniBatch ? 1 : N);
        double expected = gradient.mul(v).sumNumber().doubleValue();
        assertThat(change / (2 * e)).isCloseTo(expected, offset(1e-6 * Math.abs(expected)));
    }

    @Test
    void dropoutIsOffAndNoRandomNumberIsDrawn() {
        MultiLayerNetwork plain = network(settings(new Sgd(0.1)));
        MultiLayerNetwork noisy = network(settings(new Sgd(0.1)).dropOut(0.5));
        long root = Nd4j.getRandom().rootState();
        long node = Nd4j.getRandom().nodeState();
        double loss = LossProbe.of(noisy).loss(plain.params(), data(), 0, 0);
        assertThat(loss).isCloseTo(score(plain, plain.params(), data()), offset(1e-12));
        assertThat(Nd4j.getRandom().rootState()).isEqualTo(root);
        assertThat(Nd4j.getRandom().nodeState()).isEqualTo(node);
    }

    @Test
    void batchNormalisationUsesTheBatchAndKeepsItsAverages() {
        MultiLayerNetwork net = sequence(
                settings(new Sgd(0.1)),
                new DenseLayer.Builder().nIn(4).nOut(5).build(),
                new BatchNormalization.Builder().nIn(5).nOut(5).build(),
                output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build());
        INDArray before = net.params().dup();
        LossProbe probe = LossProbe.of(net);
        double loss = probe.loss(before, data(), 0, 0);
        assertThat(net.params()).isEqualTo(before);
        assertThat(probe.loss(before, data(), 0, 0)).as("again").isEqualTo(loss);
        net.fit(new DataSet(data().getFeatures(0), data().getLabels(0)));
        assertThat(loss).as("as in training").isCloseTo(net.score(), offset(1e-12));
    }

    @Test
    void floatsAreEvaluatedInDoubles() {
        MultiLayerNetwork net = network(settings(new Sgd(0.1)).dataType(DataType.FLOAT));
        LossProbe probe = LossProbe.of(net);
        INDArray at = net.params().castTo(DataType.DOUBLE);
        double change = probe.loss(at.add(1e-9), data(), 0, 0) - probe.loss(at, data(), 0, 0);
        assertThat(change).isNotZero();
        assertThat(probe.loss(net.params(), data(), 0, 0)).isCloseTo(probe.loss(at, data(), 0, 0), offset(1e-15));
    }
}
