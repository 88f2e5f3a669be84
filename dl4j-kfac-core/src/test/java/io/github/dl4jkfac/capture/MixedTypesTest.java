package io.github.dl4jkfac.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.deeplearning4j.nn.conf.layers.Convolution3D.DataFormat.NCDHW;

import io.github.dl4jkfac.AdaFisher;
import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.ExactFisher;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.NaturalGradientUpdater;
import io.github.dl4jkfac.testing.Fixtures;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.*;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.graph.ComputationGraph;
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
 * Features, labels and masks of another type than the network's train as those that are cast by hand, wherever Deeplearning4j itself
 * takes them, which SGD tells. The values, zeros and ones, are the same in every type.
 */
class MixedTypesTest {

    private static final int BATCH = 3;
    private static final int STEPS = 3;

    private static final List<Supplier<IUpdater>> UPDATERS = List.of(
            () -> Fixtures.kfac().build(),
            () -> KFac.builder().curvature(Curvature.EXACT_FISHER).build(),
            EKFac::new,
            ExactFisher::new,
            AdaFisher::new);

    /** Of one network: the layers, the input type and the features' shape. */
    record Case(String name, InputType type, long[] features, boolean sequence, List<Layer> layers) {
        /** Both are cast alike: each sees about half of the cases. */
        DataType whole() {
            return name.length() % 2 == 0 ? DataType.INT : DataType.BOOL;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        InputType flat = InputType.feedForward(5);
        InputType steps = InputType.recurrent(5, STEPS);
        InputType image = InputType.convolutional(6, 6, 2);
        return Stream.of(
                vectors("dense", new DenseLayer.Builder().nOut(4).build()),
                vectors(
                        "layer norm",
                        new DenseLayer.Builder().nOut(4).hasLayerNorm(true).build()),
                vectors("output alone"),
                vectors("batch normalisation", new BatchNormalization.Builder().build(), Fixtures.dense(5, 4)),
                vectors("PReLU", new PReLULayer.Builder().inputShape(5).build()),
                vectors(
                        "element-wise",
                        new ElementWiseMultiplicationLayer.Builder()
                                .nIn(5)
                                .nOut(5)
                                .build()),
                new Case(
                        "embedding",
                        InputType.feedForward(1),
                        new long[] {BATCH, 1},
                        false,
                        List.of(new EmbeddingLayer.Builder().nIn(4).nOut(3).build(), output())),
                new Case(
                        "embedding sequence",
                        InputType.recurrent(1, STEPS),
                        new long[] {BATCH, STEPS},
                        true,
                        List.of(
                                new EmbeddingSequenceLayer.Builder()
                                        .nIn(4)
                                        .nOut(3)
                                        .build(),
                                stepOutput(3))),
                sequences("step output alone"),
                sequences("LSTM", new LSTM.Builder().nOut(4).build()),
                sequences("Graves LSTM", new GravesLSTM.Builder().nOut(4).build()),
                sequences("simple RNN", new SimpleRnn.Builder().nOut(4).build()),
                sequences(
                        "bidirectional",
                        new Bidirectional(new LSTM.Builder().nOut(4).build())),
                sequences(
                        "convolution 1D",
                        new Convolution1DLayer.Builder()
                                .kernelSize(3)
                                .convolutionMode(ConvolutionMode.Same)
                                .nOut(4)
                                .build()),
                images("convolution", new ConvolutionLayer.Builder(3, 3).nOut(2).build()),
                images(
                        "transposed convolution",
                        new Deconvolution2D.Builder(2, 2).nOut(2).build()),
                images(
                        "depthwise",
                        new DepthwiseConvolution2D.Builder(3, 3)
                                .depthMultiplier(2)
                                .build()),
                images(
                        "separable",
                        new SeparableConvolution2D.Builder(3, 3).nOut(3).build()),
                new Case(
                        "convolution 3D",
                        InputType.convolutional3D(NCDHW, 3, 3, 3, 1),
                        new long[] {BATCH, 1, 3, 3, 3},
                        false,
                        List.of(
                                new Convolution3D.Builder(2, 2, 2)
                                        .dataFormat(NCDHW)
                                        .nOut(2)
                                        .build(),
                                output())));
    }

    private static Case vectors(String name, Layer... layers) {
        return new Case(name, InputType.feedForward(5), new long[] {BATCH, 5}, false, and(output(), layers));
    }

    private static Case images(String name, Layer... layers) {
        return new Case(
                name, InputType.convolutional(6, 6, 2), new long[] {BATCH, 2, 6, 6}, false, and(output(), layers));
    }

    private static Case sequences(String name, Layer... layers) {
        return new Case(
                name, InputType.recurrent(5, STEPS), new long[] {BATCH, 5, STEPS}, true, and(stepOutput(0), layers));
    }

    private static List<Layer> and(Layer last, Layer... layers) {
        List<Layer> all = new ArrayList<>(List.of(layers));
        all.add(last);
        return all;
    }

    private static Layer output() {
        return new OutputLayer.Builder(LossFunction.MCXENT)
                .activation(Activation.SOFTMAX)
                .nOut(3)
                .build();
    }

    private static Layer stepOutput(int inputs) {
        return new RnnOutputLayer.Builder(LossFunction.MCXENT)
                .activation(Activation.SOFTMAX)
                .nIn(inputs)
                .nOut(3)
                .build();
    }

    static Stream<Arguments> casesAndTypes() {
        return cases().flatMap(one -> Stream.of(DataType.FLOAT, DataType.DOUBLE).map(type -> Arguments.of(one, type)))
                .filter(arguments -> !isUnsafe(
                        (Case) arguments.get()[0], (DataType) arguments.get()[1]));
    }

    /** Deeplearning4j itself, with SGD too, writes past the ends of arrays here, so that the JVM may crash at any later time. */
    private static boolean isUnsafe(Case one, DataType type) {
        return one.name().equals("convolution 1D") && type == DataType.DOUBLE;
    }

    @ParameterizedTest
    @MethodSource("casesAndTypes")
    void dataOfAnotherTypeTrainAsIfCastByHand(Case one, DataType type) {
        List<String> wrong = new ArrayList<>();
        List<DataType> others =
                type == DataType.FLOAT ? List.of(DataType.DOUBLE, one.whole()) : List.of(DataType.FLOAT);
        Map<String, INDArray> right = new HashMap<>();
        for (DataType other : others) {
            compare(one, type, other, other, right, wrong);
        }
        assertThat(wrong).isEmpty();
    }

    /**
     * Whole numbers and truth values go through the same casts as floating-point numbers, before anything that differs between the
     * updaters, and graphs through those of sequences: two of the updaters see them.
     */
    private static List<Supplier<IUpdater>> updaters(DataType features, boolean graph) {
        return features.isFPType() && !graph ? UPDATERS : List.of(UPDATERS.get(0), UPDATERS.get(3));
    }

    /** @param right parameters after data of the network's own type, by name of the training */
    private static void compare(
            Case one,
            DataType type,
            DataType features,
            DataType labels,
            Map<String, INDArray> right,
            List<String> wrong) {
        DataSet mixed = data(one, features, labels);
        DataSet cast = data(one, type, type);
        for (boolean graph : type == DataType.FLOAT ? new boolean[] {false} : new boolean[] {false, true}) {
            try {
                train(one, new Sgd(0.1), type, mixed, graph);
            } catch (RuntimeException refused) {
                continue; // by Deeplearning4j, whatever the updater
            }
            for (Supplier<IUpdater> each : updaters(features, graph)) {
                IUpdater updater = each.get();
                String what = updater + (graph ? " graph" : " sequence");
                INDArray expected = right.computeIfAbsent(what, none -> train(one, updater.clone(), type, cast, graph));
                try {
                    INDArray seen = train(one, updater.clone(), type, mixed, graph);
                    double difference = seen.sub(expected).norm2Number().doubleValue();
                    if (!(difference <= (type == DataType.FLOAT ? 1e-4 : 1e-10))) {
                        wrong.add(what + ", features " + features + ", labels " + labels + ": " + difference);
                    }
                } catch (RuntimeException e) {
                    wrong.add(what + ", features " + features + ", labels " + labels + ": " + e);
                }
            }
        }
    }

    private static INDArray train(Case one, IUpdater updater, DataType type, DataSet data, boolean asGraph) {
        NeuralNetConfiguration.ListBuilder layers = Fixtures.base(updater, type).list();
        one.layers().forEach(layer -> layers.layer(layer.clone()));
        MultiLayerNetwork net =
                new MultiLayerNetwork(layers.setInputType(one.type()).build());
        net.init();
        if (asGraph) {
            ComputationGraph graph = net.toComputationGraph();
            attach(graph, updater);
            for (int i = 0; i < 2; i++) {
                graph.fit(data);
            }
            return graph.params();
        }
        attach(net, updater);
        for (int i = 0; i < 2; i++) {
            net.fit(data);
        }
        return net.params();
    }

    private static void attach(org.deeplearning4j.nn.api.Model model, IUpdater updater) {
        if (updater instanceof NaturalGradientUpdater) {
            KFacListener.attach(model);
        }
    }

    private static DataSet data(Case one, DataType features, DataType labels) {
        INDArray x = Nd4j.zeros(DataType.DOUBLE, one.features());
        INDArray flat = x.reshape(x.length());
        java.util.Random random = new java.util.Random(3);
        for (long i = 0; i < x.length(); i++) {
            flat.putScalar(i, random.nextInt(2));
        }
        x = x.castTo(features);
        if (!one.sequence()) {
            INDArray y = Nd4j.zeros(DataType.DOUBLE, BATCH, 3);
            for (int i = 0; i < BATCH; i++) {
                y.putScalar(i, i % 3, 1);
            }
            return new DataSet(x, y.castTo(labels));
        }
        INDArray y = Nd4j.zeros(DataType.DOUBLE, BATCH, 3, STEPS);
        INDArray mask = Nd4j.ones(DataType.DOUBLE, BATCH, STEPS);
        for (int i = 0; i < BATCH; i++) {
            for (int t = 0; t < STEPS; t++) {
                y.putScalar(new int[] {i, (i + t) % 3, t}, 1);
            }
        }
        mask.putScalar(0, STEPS - 1, 0);
        mask.putScalar(1, STEPS - 1, 0);
        return new DataSet(x, y.castTo(labels), mask.castTo(features), mask.castTo(labels));
    }
}
