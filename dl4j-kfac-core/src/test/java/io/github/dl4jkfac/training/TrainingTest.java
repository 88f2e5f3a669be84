package io.github.dl4jkfac.training;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.fit;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.NaturalGradientUpdater;
import java.util.Arrays;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Small problems in single precision: K-FAC and EKFAC with default options get well below plain gradient descent in the same steps. */
@Tag("training")
class TrainingTest {

    private static MultiLayerNetwork classifier(IUpdater updater) {
        MultiLayerNetwork network = new MultiLayerNetwork(settings(updater)
                .dataType(DataType.FLOAT)
                .list(
                        dense(2, 20, Activation.TANH).build(),
                        dense(20, 20, Activation.TANH).build(),
                        output(20, 2, Activation.SOFTMAX, new LossMCXENT()).build())
                .build());
        network.init();
        return network;
    }

    /** Two interleaved spirals of one turn. */
    private static MultiDataSet spirals() {
        int points = 100;
        INDArray x = Nd4j.create(DataType.FLOAT, 2 * points, 2);
        INDArray y = Nd4j.zeros(DataType.FLOAT, 2 * points, 2);
        for (int n = 0; n < 2 * points; n++) {
            double radius = 0.2 + (n / 2) / (double) points;
            double angle = 2 * Math.PI * radius + Math.PI * (n % 2);
            x.putScalar(n, 0, radius * Math.cos(angle));
            x.putScalar(n, 1, radius * Math.sin(angle));
            y.putScalar(n, n % 2, 1);
        }
        return batch(x, y);
    }

    private static ComputationGraph autoencoder(IUpdater updater) {
        ComputationGraph graph = new ComputationGraph(settings(updater)
                .dataType(DataType.FLOAT)
                .graphBuilder()
                .addInputs("x")
                .addLayer("encode", dense(16, 12, Activation.TANH).build(), "x")
                .addLayer("code", dense(12, 3, Activation.IDENTITY).build(), "encode")
                .addLayer("decode", dense(3, 12, Activation.TANH).build(), "code")
                .addLayer(
                        "y",
                        output(12, 16, Activation.SIGMOID, new LossBinaryXENT()).build(),
                        "decode")
                .setOutputs("y")
                .build());
        graph.init();
        return graph;
    }

    /** Images of 16 pixels that depend on three numbers. */
    private static MultiDataSet images() {
        INDArray code = normal(1, 128, 3);
        INDArray x = Transforms.sigmoid(Transforms.tanh(code.mmul(normal(2, 3, 8)))
                        .mmul(normal(3, 8, 16))
                        .mul(2))
                .castTo(DataType.FLOAT);
        return batch(x, x.dup());
    }

    private static MultiDataSet spiralData;
    private static MultiDataSet imageData;
    private static Baseline classifierBaseline;
    private static Baseline autoencoderBaseline;

    /** What gradient descent makes of a problem, for all updaters. */
    private record Baseline(INDArray start, int steps, double loss) {

        static Baseline of(Model model, MultiDataSet data, int steps) {
            return new Baseline(model.params().dup(), steps, trained(model, data, steps));
        }
    }

    @BeforeAll
    static void trainTheBaselines() {
        spiralData = spirals();
        imageData = images();
        classifierBaseline = Baseline.of(classifier(new Sgd(0.3)), spiralData, 75);
        autoencoderBaseline = Baseline.of(autoencoder(new Sgd(0.3)), imageData, 75);
    }

    /** @return the loss in the last forward pass */
    private static double trained(Model model, MultiDataSet data, int steps) {
        for (int k = 0; k < steps; k++) {
            fit(model, data);
        }
        return model.score();
    }

    /** K-FAC with every curvature, EKFAC with its own. */
    static Stream<NaturalGradientUpdater> ofTheClassifier() {
        return Stream.concat(
                Arrays.stream(Curvature.values())
                        .map(curvature -> KFac.builder().curvature(curvature).build()),
                Stream.of(new EKFac()));
    }

    /** EKFAC with every curvature, K-FAC with its own. */
    static Stream<NaturalGradientUpdater> ofTheAutoencoder() {
        return Stream.concat(
                Arrays.stream(Curvature.values())
                        .map(curvature -> EKFac.builder().curvature(curvature).build()),
                Stream.of(new KFac()));
    }

    @ParameterizedTest
    @MethodSource("ofTheClassifier")
    void classifierBeatsGradientDescent(NaturalGradientUpdater updater) {
        assertBeats(classifierBaseline, classifier(updater), spiralData, 0);
    }

    @ParameterizedTest
    @MethodSource("ofTheAutoencoder")
    void autoencoderBeatsGradientDescent(NaturalGradientUpdater updater) {
        assertBeats(autoencoderBaseline, autoencoder(updater), imageData, entropy(imageData.getLabels(0)));
    }

    /** @param floor the least loss possible */
    private static void assertBeats(Baseline baseline, Model network, MultiDataSet data, double floor) {
        KFacListener listener = KFacListener.attach(network);
        assertThat(network.params()).isEqualTo(baseline.start);
        assertThat(trained(network, data, baseline.steps) - floor).isLessThan(0.5 * (baseline.loss - floor));
        assertThat(listener.report(network).skippedBatches()).isZero();
        assertThat(Transforms.abs(network.params()).maxNumber().doubleValue()).isLessThan(1e3);
    }

    /** The least cross-entropy that any prediction can have. */
    private static double entropy(INDArray p) {
        INDArray other = p.rsub(1);
        INDArray sum = p.mul(Transforms.log(p)).add(other.mul(Transforms.log(other)));
        return -sum.sumNumber().doubleValue() / p.size(0);
    }
}
