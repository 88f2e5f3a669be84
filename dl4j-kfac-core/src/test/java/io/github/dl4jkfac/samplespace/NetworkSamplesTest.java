package io.github.dl4jkfac.samplespace;

import static io.github.dl4jkfac.testing.TestNetworks.disturb;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static io.github.dl4jkfac.testing.TestNetworks.vec;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.testing.RecordedGroup;
import io.github.dl4jkfac.testing.Recorder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Gram matrices and gradients of single samples of real networks, against DL4J's own gradients of batches of one. */
class NetworkSamplesTest {

    private static final double EXACT = 1e-10;
    private static final int SAMPLES = 4;

    /**
     * A network and a batch.
     *
     * @param name what is special about it
     */
    record NetworkCase(String name, Model model, MultiDataSet batch) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<NetworkCase> networks() {
        return Stream.of(images(), sequences(), words(), graph());
    }

    private static NetworkCase images() {
        ListBuilder list = settings(new Sgd(0.1))
                .activation(Activation.TANH)
                .list()
                .layer(new ConvolutionLayer.Builder(3, 2).nOut(3).build())
                .layer(new DepthwiseConvolution2D.Builder(2, 2)
                        .depthMultiplier(2)
                        .build())
                .layer(new ConvolutionLayer.Builder(2, 2).nOut(30).stride(2, 1).build())
                .layer(new DenseLayer.Builder().nOut(5).hasLayerNorm(true).build())
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutional(7, 6, 2));
        return new NetworkCase(
                "convolutions", started(list), batch(normal(1, SAMPLES, 2, 7, 6), oneHot(SAMPLES, 3), null));
    }

    private static NetworkCase sequences() {
        ListBuilder list = settings(new Sgd(0.1))
                .activation(Activation.TANH)
                .list()
                .layer(new LSTM.Builder().nOut(4).build())
                .layer(new RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.recurrent(2));
        INDArray labels = Nd4j.zeros(DataType.DOUBLE, SAMPLES, 3, 5);
        for (int n = 0; n < SAMPLES; n++) {
            for (int t = 0; t < 5; t++) {
                labels.putScalar(n, (n + t) % 3, t, 1);
            }
        }
        INDArray mask = Nd4j.createFromArray(
                new double[][] {{1, 1, 0, 0, 0}, {1, 1, 1, 1, 1}, {1, 1, 1, 1, 0}, {1, 0, 0, 0, 0}});
        return new NetworkCase("masked sequences", started(list), batch(normal(1, SAMPLES, 2, 5), labels, mask));
    }

    private static NetworkCase words() {
        ListBuilder list = settings(new Sgd(0.1))
                .activation(Activation.TANH)
                .list()
                .layer(new EmbeddingSequenceLayer.Builder()
                        .nIn(6)
                        .nOut(3)
                        .inputLength(5)
                        .hasBias(true)
                        .build())
                .layer(new GlobalPoolingLayer())
                .layer(new OutputLayer.Builder(LossFunction.L2)
                        .nIn(3)
                        .nOut(2)
                        .activation(Activation.IDENTITY)
                        .build());
        INDArray words = Nd4j.createFromArray(
                new double[][] {{0, 1, 1, 4, 1}, {2, 2, 2, 2, 2}, {4, 1, 0, 3, 0}, {1, 3, 4, 1, 2}});
        return new NetworkCase("words", started(list), batch(words, normal(2, SAMPLES, 2), null));
    }

    private static NetworkCase graph() {
        ComputationGraph graph = new ComputationGraph(settings(new Sgd(0.1))
                .activation(Activation.TANH)
                .graphBuilder()
                .addInputs("in")
                .addLayer("hidden", new DenseLayer.Builder().nIn(3).nOut(4).build(), "in")
                .addLayer(
                        "classes",
                        new OutputLayer.Builder(LossFunction.MCXENT)
                                .nIn(4)
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .build(),
                        "hidden")
                .addLayer(
                        "numbers",
                        new OutputLayer.Builder(LossFunction.MSE)
                                .nIn(4)
                                .nOut(2)
                                .activation(Activation.IDENTITY)
                                .build(),
                        "hidden")
                .setOutputs("classes", "numbers")
                .build());
        graph.init();
        disturb(graph);
        MultiDataSet batch = new MultiDataSet(
                new INDArray[] {normal(1, SAMPLES, 3)},
                new INDArray[] {oneHot(SAMPLES, 3), normal(2, SAMPLES, 2)},
                null,
                null);
        return new NetworkCase("a graph with two outputs", graph, batch);
    }

    private static Model started(ListBuilder list) {
        MultiLayerNetwork network = new MultiLayerNetwork(list.build());
        network.init();
        disturb(network);
        return network;
    }

    private static MultiDataSet batch(INDArray features, INDArray labels, INDArray mask) {
        INDArray[] masks = mask == null ? null : new INDArray[] {mask};
        return new MultiDataSet(new INDArray[] {features}, new INDArray[] {labels}, masks, masks);
    }

    private static MultiDataSet sample(MultiDataSet batch, long n) {
        return new MultiDataSet(
                sample(batch.getFeatures(), n),
                sample(batch.getLabels(), n),
                sample(batch.getFeaturesMaskArrays(), n),
                sample(batch.getLabelsMaskArrays(), n));
    }

    private static INDArray[] sample(INDArray[] arrays, long n) {
        return arrays == null
                ? null
                : Stream.of(arrays)
                        .map(array -> {
                            INDArrayIndex[] indices = NDArrayIndex.allFor(array);
                            indices[0] = NDArrayIndex.interval(n, n + 1);
                            return array.get(indices).dup();
                        })
                        .toArray(INDArray[]::new);
    }

    /** For each group the gradients of batches of one. */
    private static Map<String, List<INDArray>> singles(NetworkCase c) {
        Map<String, List<INDArray>> gradients = new LinkedHashMap<>();
        for (long n = 0; n < SAMPLES; n++) {
            for (RecordedGroup group :
                    Recorder.record(c.model(), sample(c.batch(), n)).groups()) {
                gradients
                        .computeIfAbsent(group.toString(), unknown -> new ArrayList<>())
                        .add(group.gradient());
            }
        }
        return gradients;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void gramMatricesAndGradientsAreThoseOfSingleSamples(NetworkCase c) {
        Map<String, List<INDArray>> expected = singles(c);
        Map<String, CapturedBatch.Group> groups =
                CapturedBatch.of(c.model(), c.batch()).groups();
        assertThat(groups.keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
        groups.forEach((name, group) -> {
            List<INDArray> gradients = expected.get(name);
            for (int n = 0; n < SAMPLES; n++) {
                assertThat(error(group.gradients().get(n), gradients.get(n)))
                        .as("%s, sample %d", name, n)
                        .isLessThan(EXACT);
            }
            INDArray j = Nd4j.vstack(
                    gradients.stream().map(gradient -> vec(gradient)).toArray(INDArray[]::new));
            assertThat(error(group.gram(), j.mmul(j.transpose()))).as(name).isLessThan(EXACT);
        });
    }

    /** Of the outputs' biases the gradient is the derivative at the pre-activations, summed over steps. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void outputNormsAreThoseOfTheOutputs(NetworkCase c) {
        if (c.name().equals("masked sequences")) {
            return; // squares of sums over steps are not sums of squares
        }
        INDArray expected = Nd4j.zeros(DataType.DOUBLE, SAMPLES, 1);
        singles(c).forEach((name, gradients) -> {
            boolean isOutput = name.startsWith("classes") || name.startsWith("numbers");
            boolean isLast =
                    name.startsWith(c.model() instanceof MultiLayerNetwork net ? net.getnLayers() - 1 + " " : "-");
            for (int n = 0; (isOutput || isLast) && n < SAMPLES; n++) {
                INDArray bias = gradients.get(n).getRow(gradients.get(n).size(0) - 1);
                expected.putScalar(
                        n,
                        0,
                        expected.getDouble(n, 0) + bias.mul(bias).sumNumber().doubleValue());
            }
        });
        assertThat(expected.minNumber().doubleValue()).isPositive();
        assertThat(error(CapturedBatch.of(c.model(), c.batch()).squaredNorms(), expected))
                .isLessThan(EXACT);
    }
}
