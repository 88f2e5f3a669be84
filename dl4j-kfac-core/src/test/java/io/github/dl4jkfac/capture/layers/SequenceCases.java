package io.github.dl4jkfac.capture.layers;

import static io.github.dl4jkfac.testing.TestNetworks.normal;

import io.github.dl4jkfac.capture.ReplayingActivation;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.TimeDistributed;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.impl.LossL2;

/** Layers of sequences: outputs at every step, embeddings. */
final class SequenceCases {

    private static final int SAMPLES = LayerCases.SAMPLES;
    private static final int OUTPUTS = LayerCases.OUTPUTS;
    static final int STEPS = 4;
    private static final int TOKENS = 6;

    private SequenceCases() {}

    static Stream<LayerCase> all() {
        return Stream.of(sequenceOutputs(), timeDistributed(), embeddings()).flatMap(cases -> cases);
    }

    /** Ones up to each sample's length, and at last a sample that is masked wholly. */
    static INDArray lengths() {
        return Nd4j.createFromArray(new double[][] {{1, 1, 0, 0}, {1, 1, 1, 1}, {0, 0, 0, 0}});
    }

    static RnnOutputLayer.Builder stepOutput(RNNFormat format) {
        return new RnnOutputLayer.Builder(new LossL2())
                .nOut(OUTPUTS)
                .dataFormat(format)
                .activation(new ReplayingActivation(Activation.TANH.getActivationFunction()));
    }

    private static Stream<LayerCase> sequenceOutputs() {
        return Stream.of(RNNFormat.values())
                .flatMap(format -> Stream.of(
                                steps("", format, null, stepOutput(format)),
                                steps("masked, ", format, lengths(), stepOutput(format)),
                                steps(
                                        "dropout, ",
                                        format,
                                        null,
                                        stepOutput(format).dropOut(0.7)),
                                steps(
                                        "DropConnect, ",
                                        format,
                                        null,
                                        stepOutput(format).weightNoise(new DropConnect(0.7))))
                        .flatMap(cases -> cases));
    }

    private static Stream<LayerCase> steps(
            String name, RNNFormat format, INDArray labelMask, RnnOutputLayer.Builder output) {
        INDArray labels = sequences(format, 2, OUTPUTS);
        return LayerCase.of(
                "output of sequences, " + name + format,
                InputType.recurrent(3, STEPS, format),
                LayerCase.batch(sequences(format, 1, 3), labels, null, labelMask),
                new ActivationLayer(Activation.CUBE),
                output.build());
    }

    private static Stream<LayerCase> timeDistributed() {
        return Stream.of(RNNFormat.values())
                .flatMap(format -> LayerCase.of(
                        "dense layer at every step, " + format,
                        InputType.recurrent(3, STEPS, format),
                        LayerCase.batch(sequences(format, 1, 3), sequences(format, 2, OUTPUTS), null, null),
                        new TimeDistributed(new DenseLayer.Builder()
                                .nIn(3)
                                .nOut(4)
                                .activation(Activation.TANH)
                                .build()),
                        stepOutput(format).build()));
    }

    private static Stream<LayerCase> embeddings() {
        INDArray tokens = tokens(SAMPLES, 1);
        return Stream.of(
                        LayerCase.of(
                                "embedding",
                                null,
                                LayerCase.batch(tokens, normal(2, SAMPLES, OUTPUTS), null, null),
                                new EmbeddingLayer.Builder().nIn(TOKENS).nOut(4).build(),
                                LayerCases.output(4)),
                        LayerCase.of(
                                "embedding with bias and activation",
                                null,
                                LayerCase.batch(tokens, normal(2, SAMPLES, OUTPUTS), null, null),
                                new EmbeddingLayer.Builder()
                                        .nIn(TOKENS)
                                        .nOut(4)
                                        .hasBias(true)
                                        .activation(Activation.TANH)
                                        .build(),
                                LayerCases.output(4)),
                        Stream.of(RNNFormat.values()).flatMap(SequenceCases::embeddingsOfSequences))
                .flatMap(cases -> cases);
    }

    private static Stream<LayerCase> embeddingsOfSequences(RNNFormat format) {
        return Stream.of(
                        embeddedSequence("", format, tokens(SAMPLES, STEPS), null, false),
                        embeddedSequence("rank 3, ", format, tokens(SAMPLES, 1, STEPS), null, true),
                        embeddedSequence("masked, ", format, tokens(SAMPLES, STEPS), lengths(), true))
                .flatMap(cases -> cases);
    }

    private static Stream<LayerCase> embeddedSequence(
            String name, RNNFormat format, INDArray tokens, INDArray mask, boolean bias) {
        return LayerCase.of(
                "embedding of sequences, " + name + format,
                null,
                LayerCase.batch(tokens, sequences(format, 2, OUTPUTS), mask, mask),
                new EmbeddingSequenceLayer.Builder()
                        .nIn(TOKENS)
                        .nOut(4)
                        .inputLength(STEPS)
                        .outputDataFormat(format)
                        .hasBias(bias)
                        .activation(Activation.TANH)
                        .build(),
                stepOutput(format).nIn(4).build());
    }

    /** Tokens, some of which occur several times and some never. */
    private static INDArray tokens(long... shape) {
        INDArray tokens = Nd4j.create(DataType.DOUBLE, shape);
        for (int i = 0; i < tokens.length(); i++) {
            tokens.putScalar(i, i * i % (TOKENS - 1));
        }
        return tokens;
    }

    static INDArray sequences(RNNFormat format, long seed, int channels) {
        return format == RNNFormat.NCW
                ? normal(seed, SAMPLES, channels, STEPS)
                : normal(seed, SAMPLES, STEPS, channels);
    }
}
