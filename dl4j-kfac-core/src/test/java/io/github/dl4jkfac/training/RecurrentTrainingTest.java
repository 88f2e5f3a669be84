package io.github.dl4jkfac.training;

import static io.github.dl4jkfac.testing.TestNetworks.fit;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.RecurrentModel;
import io.github.dl4jkfac.session.BoundBlock;
import io.github.dl4jkfac.session.Sessions;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.LogCapture;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Recurrent networks of the usual kinds learn with every recurrent model, and go on after a break as if there had been none. */
@Tag("training")
class RecurrentTrainingTest {

    private static final DataType TYPE = DataType.DOUBLE;
    private static final int SAMPLES = 8;
    private static final int STEPS = 6;
    private static final int UNITS = 5;
    private static final int TRAINING = 12;
    private static final int INTERRUPTED_AT = 5;

    @TempDir
    File folder;

    /** Usual networks, each with the blocks it has to get. */
    enum Kind {
        CLASSIFIER("0", "1") {
            @Override
            Model create(KFac kfac) {
                return sequential(
                        kfac,
                        new LastTimeStep(new LSTM.Builder().nOut(UNITS).build()),
                        classes(LossFunction.MCXENT, UNITS));
            }

            @Override
            MultiDataSet batch() {
                return data(false, false);
            }
        },
        BOTH_DIRECTIONS("0/fwd:W,RW,b", "0/fwd:RW", "0/bwd:W,RW,b", "0/bwd:RW", "1") {
            @Override
            Model create(KFac kfac) {
                return sequential(
                        kfac,
                        new Bidirectional(new GravesLSTM.Builder().nOut(UNITS).build()),
                        stepClasses());
            }

            @Override
            MultiDataSet batch() {
                return data(true, true);
            }
        },
        LAST_STEP("0", "1") {
            @Override
            Model create(KFac kfac) {
                return sequential(
                        kfac,
                        new LastTimeStep(new SimpleRnn.Builder().nOut(UNITS).build()),
                        classes(LossFunction.MCXENT, UNITS));
            }

            @Override
            MultiDataSet batch() {
                return data(false, true);
            }
        },
        TWO_INPUTS("left", "right:W,RW,b", "right:RW", "out") {
            @Override
            Model create(KFac kfac) {
                ComputationGraph graph = new ComputationGraph(Fixtures.base(kfac, TYPE)
                        .graphBuilder()
                        .addInputs("a", "b")
                        .addLayer("left", new LSTM.Builder().nOut(UNITS).build(), "a")
                        .addLayer("right", new GravesLSTM.Builder().nOut(3).build(), "b")
                        .addVertex("joined", new MergeVertex(), "left", "right")
                        .addLayer("out", stepClasses(), "joined")
                        .setOutputs("out")
                        .setInputTypes(
                                InputType.recurrent(Fixtures.CLASSES, STEPS),
                                InputType.recurrent(Fixtures.CLASSES, STEPS))
                        .build());
                graph.init();
                return graph;
            }

            @Override
            MultiDataSet batch() {
                MultiDataSet one = data(true, false);
                return new MultiDataSet(
                        new INDArray[] {
                            one.getFeatures(0), Nd4j.reverse(one.getFeatures(0).dup())
                        },
                        one.getLabels());
            }
        },
        TRUNCATED("0", "1", "2") {
            @Override
            Model create(KFac kfac) {
                ListBuilder list = list(
                        kfac,
                        new LSTM.Builder().nOut(UNITS).build(),
                        new LSTM.Builder().nOut(UNITS).build(),
                        stepClasses());
                return Fixtures.started(list.backpropType(BackpropType.TruncatedBPTT)
                        .tBPTTLength(3)
                        .build());
            }

            @Override
            MultiDataSet batch() {
                return data(true, false);
            }
        };

        private final List<String> blocks;

        Kind(String... blocks) {
            this.blocks = List.of(blocks);
        }

        abstract Model create(KFac kfac);

        abstract MultiDataSet batch();
    }

    private static Layer stepClasses() {
        return new RnnOutputLayer.Builder(LossFunction.MCXENT)
                .nOut(Fixtures.CLASSES)
                .activation(Activation.SOFTMAX)
                .build();
    }

    private static Layer classes(LossFunction loss, int inputs) {
        return new OutputLayer.Builder(loss)
                .nIn(inputs)
                .nOut(Fixtures.CLASSES)
                .activation(Activation.SOFTMAX)
                .build();
    }

    private static ListBuilder list(KFac kfac, Layer... layers) {
        ListBuilder list = Fixtures.base(kfac, TYPE).list();
        for (Layer layer : layers) {
            list.layer(layer);
        }
        return list.setInputType(InputType.recurrent(Fixtures.CLASSES, STEPS));
    }

    private static MultiLayerNetwork sequential(KFac kfac, Layer... layers) {
        return Fixtures.started(list(kfac, layers).build());
    }

    /** Sequences of symbols. At each step the class is the symbol of the step before; of a whole sequence, its most frequent one. */
    private static MultiDataSet data(boolean labelEveryStep, boolean masked) {
        Random random = Nd4j.getRandomFactory().getNewRandomInstance(5);
        INDArray x = Nd4j.zeros(TYPE, SAMPLES, Fixtures.CLASSES, STEPS);
        INDArray every = Nd4j.zeros(TYPE, SAMPLES, Fixtures.CLASSES, STEPS);
        INDArray mask = Nd4j.zeros(TYPE, SAMPLES, STEPS);
        INDArray counts = Nd4j.zeros(TYPE, SAMPLES, Fixtures.CLASSES);
        for (int n = 0; n < SAMPLES; n++) {
            int last = 0;
            for (int t = 0; t < (masked ? STEPS - n % 4 : STEPS); t++) {
                int symbol = random.nextInt(Fixtures.CLASSES);
                x.putScalar(n, symbol, t, 1);
                every.putScalar(n, last, t, 1);
                mask.putScalar(n, t, 1);
                counts.putScalar(n, symbol, counts.getDouble(n, symbol) + 1);
                last = symbol;
            }
        }
        INDArray whole = Nd4j.zeros(TYPE, SAMPLES, Fixtures.CLASSES);
        for (int n = 0; n < SAMPLES; n++) {
            whole.putScalar(n, counts.getRow(n).argMax().getInt(0), 1);
        }
        return new MultiDataSet(
                new INDArray[] {x},
                new INDArray[] {labelEveryStep ? every : whole},
                masked ? new INDArray[] {mask} : null,
                masked && labelEveryStep ? new INDArray[] {mask.dup()} : null);
    }

    static Stream<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        // models see rows and their masks, and not what made them: all of them once without masks and once with, then
        // in turn
        for (Kind kind : Kind.values()) {
            for (RecurrentModel model : RecurrentModel.values()) {
                if (kind == Kind.CLASSIFIER
                        || kind == Kind.BOTH_DIRECTIONS
                        || model.ordinal() == kind.ordinal() % RecurrentModel.values().length) {
                    cases.add(Arguments.of(kind, model, Curvature.SAMPLED_FISHER));
                }
            }
        }
        cases.add(Arguments.of(Kind.CLASSIFIER, RecurrentModel.INDEPENDENT, Curvature.EMPIRICAL_FISHER));
        cases.add(Arguments.of(Kind.BOTH_DIRECTIONS, RecurrentModel.INDEPENDENT, Curvature.IMPROVED_EMPIRICAL_FISHER));
        return cases.stream();
    }

    private static KFac kfac(RecurrentModel model, Curvature curvature) {
        return Fixtures.kfac().recurrent(model).curvature(curvature).build();
    }

    private static double score(Model model, MultiDataSet batch) {
        MultiDataSet copy = batch.copy();
        return model instanceof MultiLayerNetwork net
                ? net.score(new DataSet(
                        copy.getFeatures(0),
                        copy.getLabels(0),
                        copy.getFeaturesMaskArray(0),
                        copy.getLabelsMaskArray(0)))
                : ((ComputationGraph) model).score(copy);
    }

    private static void fitTimes(int times, Model model, MultiDataSet batch) {
        for (int i = 0; i < times; i++) {
            fit(model, batch);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void learnsAndResumesBitEqual(Kind kind, RecurrentModel recurrent, Curvature curvature) throws Exception {
        Model model = kind.create(kfac(recurrent, curvature));
        KFacListener.attach(model);
        List<BoundBlock> blocks = Sessions.find(model).blocks();
        assertThat(blocks).extracting(block -> block.plan().name()).containsExactlyElementsOf(kind.blocks);
        MultiDataSet batch = kind.batch();
        double before = score(model, batch);
        fitTimes(INTERRUPTED_AT, model, batch);
        Model restored = Fixtures.throughFile(model, new File(folder, "net.zip"));
        fitTimes(TRAINING - INTERRUPTED_AT, model, batch);
        assertThat(score(model, batch)).isLessThan(0.9 * before);
        KFacListener.attach(restored);
        fitTimes(TRAINING - INTERRUPTED_AT, restored, batch);
        Fixtures.assertSameTraining(restored, model);
    }

    /** DL4J's clone shares the configurations of both directions with its original. */
    @Test
    void cloneOfBothDirectionsTrainsAsItsOriginal() {
        MultiDataSet batch = Kind.BOTH_DIRECTIONS.batch();
        Model model = Kind.BOTH_DIRECTIONS.create(kfac(RecurrentModel.INDEPENDENT, Curvature.SAMPLED_FISHER));
        KFacListener.attach(model);
        fitTimes(3, model, batch);
        Model clone = Fixtures.copy(model);
        KFacListener.attach(clone);
        for (int i = 0; i < 3; i++) {
            fit(model, batch);
            fit(clone, batch);
        }
        Fixtures.assertSameTraining(clone, model);
    }

    /** Every block's state differs from every other's and none is empty: no two share their memory, none has been left out. */
    @Test
    void eachDirectionHasItsOwnCurvature() {
        Model model = Kind.BOTH_DIRECTIONS.create(kfac(RecurrentModel.INDEPENDENT, Curvature.EMPIRICAL_FISHER));
        KFacListener.attach(model);
        INDArray before = model.params().dup();
        fitTimes(1, model, Kind.BOTH_DIRECTIONS.batch());
        INDArray forward =
                Fixtures.block(model, "0/fwd:W,RW,b").state().get("A").dup();
        INDArray backward =
                Fixtures.block(model, "0/bwd:W,RW,b").state().get("A").dup();
        assertThat(forward.normmaxNumber().doubleValue()).isPositive();
        assertThat(backward.normmaxNumber().doubleValue()).isPositive();
        assertThat(forward).isNotEqualTo(backward);
        INDArray still = model.params().eq(before);
        assertThat(still.castTo(TYPE).sumNumber().intValue()).isZero();
    }

    @Test
    void biasesWithAnUpdaterOfTheirOwnInBothDirectionsFallBack() {
        MultiLayerNetwork net = sequential(
                Fixtures.kfac().build(),
                new Bidirectional(
                        new LSTM.Builder().nOut(UNITS).biasUpdater(new Sgd(0.1)).build()),
                stepClasses());
        try (LogCapture log = new LogCapture()) {
            KFacListener.attach(net);
            assertThat(log.infos().get(0)).contains("updaters of their own");
        }
        assertThat(Sessions.find(net).blocks())
                .extracting(block -> block.plan().name())
                .containsExactly("1");
        assertTrains(net);
    }

    @Test
    void biasesWithAnUpdaterOfTheirOwnInOneDirectionHaveABlock() {
        MultiLayerNetwork net = sequential(
                Fixtures.kfac().build(),
                new GravesLSTM.Builder()
                        .nOut(UNITS)
                        .biasUpdater(Fixtures.kfac().learningRate(0.05).build())
                        .build(),
                stepClasses());
        KFacListener.attach(net);
        assertThat(Sessions.find(net).blocks())
                .extracting(block -> block.plan().name())
                .containsExactly("0:W,RW", "0:RW", "0:b", "1");
        assertTrains(net);
    }

    @Test
    void aLayerThatIsTooWideForOneOfItsBlocksHasNone() {
        KFac narrow = Fixtures.kfac().maxFactorDimension(4 * UNITS - 1).build();
        MultiLayerNetwork net =
                sequential(narrow, new GravesLSTM.Builder().nOut(UNITS).build(), stepClasses());
        KFacListener.attach(net);
        assertThat(Sessions.find(net).blocks())
                .extracting(block -> block.plan().name())
                .containsExactly("1");
        assertTrains(net);
    }

    private static void assertTrains(MultiLayerNetwork net) {
        MultiDataSet batch = data(true, true);
        double before = score(net, batch);
        INDArray start = net.params().dup();
        fitTimes(TRAINING, net, batch);
        assertThat(score(net, batch)).isLessThan(before);
        assertThat(net.params().eq(start).castTo(TYPE).sumNumber().intValue()).isZero();
    }

    @Test
    void swappedUpdatersTrainBothDirections() {
        MultiLayerNetwork net = new MultiLayerNetwork(Fixtures.base(new KFac(), TYPE)
                .updater(new Sgd(0.1))
                .list()
                .layer(new Bidirectional(new LSTM.Builder().nOut(UNITS).build()))
                .layer(stepClasses())
                .setInputType(InputType.recurrent(Fixtures.CLASSES, STEPS))
                .build());
        net.init();
        fitTimes(2, net, data(true, true));
        KFacListener.swapUpdater(net, Fixtures.kfac().build());
        assertThat(Sessions.find(net).blocks())
                .extracting(block -> block.plan().name())
                .containsExactly("0/fwd", "0/bwd", "1");
        assertTrains(net);
    }
}
