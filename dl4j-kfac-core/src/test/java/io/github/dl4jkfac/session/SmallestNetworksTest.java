package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.NaturalGradientUpdater;
import io.github.dl4jkfac.diagnostics.StepReport;
import io.github.dl4jkfac.testing.Fixtures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Everything of size one: units, channels, pixels, time steps, examples. Reductions along such dimensions are where ND4J and formulas
 * that divide by a count less one go wrong. Every updater trains every kind of layer that gradient descent can train.
 */
class SmallestNetworksTest {

    /** With the fixtures' intervals the last one is the first after the second inverses. */
    private static final int STEPS = 6;

    /** Whether gradient descent trains a network: the same for every updater. */
    private static final Map<String, Boolean> TRAINABLE = new HashMap<>();

    /** A kind of layer and what it takes in, [N,...]. */
    private record Subject(InputType input, boolean sequence, Supplier<List<Layer>> layers, long... shape) {

        MultiLayerNetwork create(IUpdater updater, DataType type, int outputs) {
            List<Layer> all = new ArrayList<>(layers.get());
            all.add(sequence ? ofSequence(outputs) : ofSample(outputs));
            var list = Fixtures.base(updater, type).list(all.toArray(Layer[]::new));
            return Fixtures.started(list.setInputType(input).build());
        }

        private static Layer ofSample(int outputs) {
            return outputs == 1
                    ? new OutputLayer.Builder(LossFunction.MSE)
                            .nOut(1)
                            .activation(Activation.IDENTITY)
                            .build()
                    : new OutputLayer.Builder(LossFunction.MCXENT)
                            .nOut(outputs)
                            .activation(Activation.SOFTMAX)
                            .build();
        }

        private static Layer ofSequence(int outputs) {
            return outputs == 1
                    ? new RnnOutputLayer.Builder(LossFunction.XENT)
                            .nOut(1)
                            .activation(Activation.SIGMOID)
                            .build()
                    : new RnnOutputLayer.Builder(LossFunction.MCXENT)
                            .nOut(outputs)
                            .activation(Activation.SOFTMAX)
                            .build();
        }

        DataSet batch(DataType type, int samples, int outputs) {
            long[] sizes = shape.clone();
            sizes[0] = samples;
            INDArray features = input instanceof InputType.InputTypeFeedForward
                            && layers.get().get(0) instanceof EmbeddingLayer
                    ? Nd4j.zeros(type, sizes)
                    : Nd4j.rand(Nd4j.getRandomFactory().getNewRandomInstance(5), sizes)
                            .castTo(type)
                            .subi(0.4);
            if (layers.get().get(0) instanceof EmbeddingSequenceLayer) {
                features.muli(0);
            }
            long time = sizes[sizes.length - 1];
            INDArray labels = sequence ? Nd4j.zeros(type, samples, outputs, time) : Nd4j.zeros(type, samples, outputs);
            for (int n = 0; n < samples; n++) {
                labels.slice(n).slice(n % outputs).assign(1);
            }
            return new DataSet(features, labels);
        }
    }

    private static Map<String, Subject> subjects() {
        Map<String, Subject> all = new LinkedHashMap<>();
        InputType one = InputType.feedForward(1);
        InputType pixel = InputType.convolutional(1, 1, 1);
        InputType step = InputType.recurrent(1, 1);
        all.put("dense", dense(one, () -> dense(1)));
        all.put(
                "dense without bias",
                dense(one, () -> new DenseLayer.Builder().nOut(1).hasBias(false).build()));
        all.put(
                "layer norm",
                dense(
                        one,
                        () -> new DenseLayer.Builder()
                                .nOut(1)
                                .hasLayerNorm(true)
                                .build()));
        all.put("batch norm", dense(one, BatchNormalization::new));
        all.put("PReLU", dense(one, () -> new PReLULayer.Builder().inputShape(1).build()));
        all.put(
                "element-wise",
                dense(
                        one,
                        () -> new ElementWiseMultiplicationLayer.Builder()
                                .nIn(1)
                                .nOut(1)
                                .build()));
        all.put(
                "embedding",
                dense(one, () -> new EmbeddingLayer.Builder().nIn(1).nOut(1).build()));
        all.put(
                "convolution",
                image(pixel, () -> new ConvolutionLayer.Builder(1, 1).nOut(1).build()));
        all.put(
                "depthwise",
                image(
                        pixel,
                        () -> new DepthwiseConvolution2D.Builder()
                                .kernelSize(1, 1)
                                .nOut(1)
                                .build()));
        all.put(
                "separable",
                image(
                        pixel,
                        () -> new SeparableConvolution2D.Builder()
                                .kernelSize(1, 1)
                                .nOut(1)
                                .build()));
        all.put(
                "convolution 1D",
                sequence(
                        step, () -> new Convolution1DLayer.Builder(1, 1).nOut(1).build()));
        all.put(
                "simple RNN",
                sequence(step, () -> new SimpleRnn.Builder().nOut(1).build()));
        all.put("LSTM", sequence(step, () -> new LSTM.Builder().nOut(1).build()));
        all.put(
                "GravesLSTM",
                sequence(step, () -> new GravesLSTM.Builder().nOut(1).build()));
        all.put(
                "bidirectional",
                sequence(
                        step,
                        () -> new Bidirectional(new SimpleRnn.Builder().nOut(1).build())));
        all.put(
                "last step",
                new Subject(
                        step,
                        false,
                        () -> List.of(
                                new LastTimeStep(new LSTM.Builder().nOut(1).build())),
                        1,
                        1,
                        1));
        all.put(
                "embedded sequence",
                sequence(
                        step,
                        () -> new EmbeddingSequenceLayer.Builder()
                                .nIn(1)
                                .nOut(1)
                                .inputLength(1)
                                .build()));
        return all;
    }

    private static DenseLayer dense(int units) {
        return new DenseLayer.Builder().nOut(units).build();
    }

    private static Subject dense(InputType type, Supplier<Layer> layer) {
        return new Subject(type, false, () -> List.of(layer.get()), 1, 1);
    }

    private static Subject image(InputType type, Supplier<Layer> layer) {
        return new Subject(type, false, () -> List.of(layer.get()), 1, 1, 1, 1);
    }

    private static Subject sequence(InputType type, Supplier<Layer> layer) {
        return new Subject(type, true, () -> List.of(layer.get()), 1, 1, 1);
    }

    static Stream<Arguments> cases() {
        Map<String, Supplier<NaturalGradientUpdater>> updaters = OverflowTest.updaters();
        List<Arguments> cases = new ArrayList<>();
        int i = 0;
        int turn = 0;
        for (String subject : subjects().keySet()) {
            List<int[]> trainable = trainable(subject);
            for (String updater : trainable.isEmpty() ? Set.<String>of() : updaters.keySet()) {
                // every second pair: each updater meets every second kind of layer, the next updater the others
                if (i++ % 2 == 0) {
                    int[] sizes = trainable.get(turn++ % trainable.size());
                    cases.add(Arguments.of(subject, updater, sizes[0], sizes[1]));
                }
            }
            i += 1 - updaters.size() % 2;
        }
        return cases.stream();
    }

    /** The numbers of samples and of outputs, one or two each, that Deeplearning4j can train. */
    private static List<int[]> trainable(String subject) {
        return Stream.of(new int[] {1, 1}, new int[] {2, 2}, new int[] {1, 2}, new int[] {2, 1})
                .filter(sizes -> TRAINABLE.computeIfAbsent(
                        subject + Arrays.toString(sizes),
                        key -> gradientDescentTrains(subjects().get(subject), type(sizes[0]), sizes[1], sizes[0])))
                .toList();
    }

    private static DataType type(int samples) {
        return samples == 1 ? DataType.FLOAT : DataType.DOUBLE;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void train(String subject, String updater, int samples, int outputs) {
        Subject kind = subjects().get(subject);
        DataType type = type(samples);
        check(
                kind.create(OverflowTest.updaters().get(updater).get(), type, outputs),
                kind.batch(type, samples, outputs));
    }

    private static void check(MultiLayerNetwork net, DataSet batch) {
        KFacListener listener = KFacListener.attach(net);
        INDArray before = net.params().dup();
        for (int i = 0; i < STEPS; i++) {
            net.fit(batch);
        }
        StepReport report = listener.report(net);
        assertThat(Fixtures.isFinite(net.params())).isTrue();
        assertThat(Fixtures.isFinite(Fixtures.state(net))).isTrue();
        assertThat(report.skipped())
                .as("left out, though gradient descent moves")
                .isEmpty();
        assertThat(Fixtures.sameBits(net.params(), before)).as("stands still").isFalse();
    }

    private static boolean gradientDescentTrains(Subject kind, DataType type, int outputs, int samples) {
        try {
            DataSet batch = kind.batch(type, samples, outputs);
            MultiLayerNetwork net = kind.create(new Sgd(1e-2), type, outputs);
            INDArray before = net.params().dup();
            net.fit(batch);
            return Fixtures.isFinite(net.params()) && !Fixtures.sameBits(net.params(), before);
        } catch (RuntimeException e) {
            return false; // some layers of Deeplearning4j itself cannot be so small
        }
    }
}
