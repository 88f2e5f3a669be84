package io.github.dl4jkfac.capture.layers;

import static io.github.dl4jkfac.capture.layers.LayerCases.OUTPUTS;
import static io.github.dl4jkfac.capture.layers.LayerCases.SAMPLES;
import static io.github.dl4jkfac.testing.TestNetworks.normal;

import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Layers of vectors, and slopes. */
final class SmallLayerCases {

    private static final int FEATURES = 4;

    private SmallLayerCases() {}

    static Stream<LayerCase> all() {
        return Stream.of(
                        vectors("element-wise multiplication", ElementWiseMultiplicationLayer.Builder::new),
                        vectors("layer normalisation", () -> new DenseLayer.Builder().hasLayerNorm(true)),
                        vectors(
                                "layer normalisation without bias",
                                () -> new DenseLayer.Builder()
                                        .hasLayerNorm(true)
                                        .hasBias(false)),
                        slopes())
                .flatMap(cases -> cases);
    }

    /** Plain, with dropout, masked, and at every step of sequences. */
    private static Stream<LayerCase> vectors(String name, Supplier<FeedForwardLayer.Builder<?>> builder) {
        INDArray features = normal(1, SAMPLES, FEATURES);
        INDArray labels = normal(2, SAMPLES, OUTPUTS);
        INDArray mask = Nd4j.createFromArray(new double[][] {{1}, {0}, {1}});
        InputType type = InputType.feedForward(FEATURES);
        return Stream.of(
                        LayerCase.of(name, type, LayerCase.batch(features, labels, null, null), chain(builder, 0)),
                        LayerCase.of(
                                name + " with dropout",
                                type,
                                LayerCase.batch(features, labels, null, null),
                                chain(builder, 0.7)),
                        LayerCase.of(
                                name + ", masked",
                                type,
                                LayerCase.batch(features, labels, mask, mask),
                                chain(builder, 0)),
                        LayerCase.of(
                                name + " of sequences",
                                InputType.recurrent(FEATURES, SequenceCases.STEPS, RNNFormat.NCW),
                                LayerCase.batch(
                                        SequenceCases.sequences(RNNFormat.NCW, 1, FEATURES),
                                        SequenceCases.sequences(RNNFormat.NCW, 2, OUTPUTS),
                                        SequenceCases.lengths(),
                                        SequenceCases.lengths()),
                                layer(builder, 0),
                                layer(builder, 0),
                                SequenceCases.stepOutput(RNNFormat.NCW).build()))
                .flatMap(cases -> cases);
    }

    private static Layer[] chain(Supplier<FeedForwardLayer.Builder<?>> builder, double dropout) {
        return new Layer[] {
            layer(builder, dropout),
            layer(builder, dropout),
            LayerCases.outputBuilder().build()
        };
    }

    private static Layer layer(Supplier<FeedForwardLayer.Builder<?>> builder, double dropout) {
        FeedForwardLayer.Builder<?> settings = builder.get().nIn(FEATURES).nOut(FEATURES);
        return settings.activation(Activation.TANH).dropOut(dropout).build();
    }

    private static Stream<LayerCase> slopes() {
        INDArray labels = normal(2, SAMPLES, OUTPUTS);
        InputType images = InputType.convolutional(3, 4, 2);
        return Stream.of(
                        LayerCase.of(
                                "slopes of vectors",
                                InputType.feedForward(FEATURES),
                                LayerCase.batch(normal(1, SAMPLES, FEATURES), labels, null, null),
                                new PReLULayer.Builder().inputShape(FEATURES).build(),
                                LayerCases.outputBuilder().build()),
                        LayerCase.of(
                                "slopes of images",
                                images,
                                LayerCase.batch(normal(1, SAMPLES, 2, 3, 4), labels, null, null),
                                mixing(),
                                new PReLULayer.Builder().inputShape(2, 3, 4).build(),
                                LayerCases.outputBuilder().build()),
                        LayerCase.of(
                                "shared slopes of images with dropout",
                                images,
                                LayerCase.batch(normal(1, SAMPLES, 2, 3, 4), labels, null, null),
                                mixing(),
                                new PReLULayer.Builder()
                                        .inputShape(2, 3, 4)
                                        .sharedAxes(2)
                                        .dropOut(0.7)
                                        .build(),
                                mixing(),
                                new PReLULayer.Builder()
                                        .inputShape(2, 3, 4)
                                        .sharedAxes(2, 3)
                                        .build(),
                                LayerCases.outputBuilder().build()))
                .flatMap(cases -> cases);
    }

    /** What a PReLULayer of images needs to stand on: its inference works in place. */
    private static Layer mixing() {
        return new ConvolutionLayer.Builder(1, 1)
                .nOut(2)
                .activation(Activation.TANH)
                .build();
    }
}
