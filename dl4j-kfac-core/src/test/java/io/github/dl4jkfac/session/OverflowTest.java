package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.AdaFisher;
import io.github.dl4jkfac.AdaFisherW;
import io.github.dl4jkfac.CoefficientReuse;
import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.ExactFisher;
import io.github.dl4jkfac.FAdam;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.NaturalGradientUpdater;
import io.github.dl4jkfac.Structure;
import io.github.dl4jkfac.diagnostics.SkipReason;
import io.github.dl4jkfac.diagnostics.StepReport;
import io.github.dl4jkfac.testing.Fixtures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** Finite values whose squares and products overflow: nothing of them may stay. */
class OverflowTest {

    private static final int STEPS = 5;

    static Map<String, Supplier<NaturalGradientUpdater>> updaters() {
        Map<String, Supplier<NaturalGradientUpdater>> all = new LinkedHashMap<>();
        for (Curvature curvature : Curvature.values()) {
            all.put(
                    "KFac " + curvature,
                    () -> Fixtures.kfac().curvature(curvature).build());
            all.put(
                    "ExactFisher " + curvature,
                    () -> ExactFisher.builder().curvature(curvature).build());
        }
        all.put(
                "KFac tridiagonal",
                () -> Fixtures.kfac().structure(Structure.BLOCK_TRIDIAGONAL).build());
        all.put(
                "KFac doubly factored",
                () -> Fixtures.kfac().maxFactorDimension(6).build());
        all.put(
                "KFac unclipped",
                () -> Fixtures.kfac().withoutKlClip().momentum(0.9).build());
        all.put(
                "EKFac",
                () -> EKFac.builder().statisticsInterval(2).basisInterval(4).build());
        all.put(
                "FNGD",
                () -> ExactFisher.builder()
                        .curvature(Curvature.EMPIRICAL_FISHER)
                        .layerWise()
                        .reuseCoefficients(CoefficientReuse.BY_POSITION, 36)
                        .build());
        all.put("AdaFisher", () -> AdaFisher.builder().statisticsInterval(2).build());
        all.put("AdaFisherW", () -> AdaFisherW.builder().statisticsInterval(2).build());
        all.put("FAdam", () -> FAdam.builder().build());
        return all;
    }

    /** What networks take in and what they are. */
    enum Net {
        DENSE {
            @Override
            Model create(NaturalGradientUpdater updater, DataType type) {
                return Fixtures.Kind.SPLIT_BLOCKS.create(updater, type);
            }

            @Override
            DataSet batch(DataType type, int samples, long seed) {
                return Fixtures.batch(type, samples, seed);
            }
        },
        GRAPH {
            @Override
            Model create(NaturalGradientUpdater updater, DataType type) {
                return Fixtures.graph(updater, type);
            }

            @Override
            DataSet batch(DataType type, int samples, long seed) {
                return Fixtures.batch(type, samples, seed);
            }
        },
        WITH_FALLBACK {
            @Override
            Model create(NaturalGradientUpdater updater, DataType type) {
                return Fixtures.Kind.WITH_FALLBACK.create(updater, type);
            }

            @Override
            DataSet batch(DataType type, int samples, long seed) {
                return Fixtures.batch(type, samples, seed);
            }
        },
        LINEAR {
            @Override
            Model create(NaturalGradientUpdater updater, DataType type) {
                return Fixtures.started(Fixtures.base(updater, type)
                        .activation(Activation.IDENTITY)
                        .list()
                        .layer(Fixtures.dense(Fixtures.FEATURES, 4))
                        .layer(new PReLULayer.Builder().inputShape(4).build())
                        .layer(new OutputLayer.Builder(LossFunction.MSE)
                                .nIn(4)
                                .nOut(Fixtures.CLASSES)
                                .activation(Activation.IDENTITY)
                                .build())
                        .build());
            }

            @Override
            DataSet batch(DataType type, int samples, long seed) {
                return Fixtures.batch(type, samples, seed);
            }
        },
        IMAGES {
            @Override
            Model create(NaturalGradientUpdater updater, DataType type) {
                return Fixtures.started(Fixtures.base(updater, type)
                        .activation(Activation.RELU)
                        .list()
                        .layer(new ConvolutionLayer.Builder(2, 2).nOut(3).build())
                        .layer(new BatchNormalization())
                        .layer(new DepthwiseConvolution2D.Builder(2, 2)
                                .depthMultiplier(2)
                                .build())
                        .layer(new DenseLayer.Builder().nOut(4).build())
                        .layer(Fixtures.output(4))
                        .setInputType(InputType.convolutional(5, 5, 2))
                        .build());
            }

            @Override
            DataSet batch(DataType type, int samples, long seed) {
                DataSet labels = Fixtures.batch(type, samples, seed);
                return new DataSet(random(type, seed, samples, 2, 5, 5), labels.getLabels());
            }
        },
        SEQUENCES {
            @Override
            Model create(NaturalGradientUpdater updater, DataType type) {
                return Fixtures.started(Fixtures.base(updater, type)
                        .list()
                        .layer(new LSTM.Builder().nIn(4).nOut(3).build())
                        .layer(new SimpleRnn.Builder().nIn(3).nOut(3).build())
                        .layer(new RnnOutputLayer.Builder(LossFunction.MSE)
                                .nIn(3)
                                .nOut(2)
                                .activation(Activation.IDENTITY)
                                .build())
                        .build());
            }

            @Override
            DataSet batch(DataType type, int samples, long seed) {
                return new DataSet(random(type, seed, samples, 4, 5), random(type, seed + 1000, samples, 2, 5));
            }
        };

        abstract Model create(NaturalGradientUpdater updater, DataType type);

        abstract DataSet batch(DataType type, int samples, long seed);

        List<DataSet> batches(DataType type, int count) {
            List<DataSet> batches = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                batches.add(batch(type, Fixtures.BATCH, 100 + i));
            }
            return batches;
        }
    }

    private static INDArray random(DataType type, long seed, long... shape) {
        Random random = Nd4j.getRandomFactory().getNewRandomInstance(seed);
        return Nd4j.rand(random, shape).castTo(type).subi(0.5);
    }

    record Subject(String updater, Net net) {}

    /** Every updater on every network that it can train. */
    static List<Subject> subjects() {
        List<Subject> subjects = new ArrayList<>();
        for (String updater : updaters().keySet()) {
            boolean oneRowPerSampleOnly = updater.contains("EXACT_FISHER") || updater.equals("FNGD");
            for (Net net : Net.values()) {
                if (net != Net.SEQUENCES || !oneRowPerSampleOnly) {
                    subjects.add(new Subject(updater, net));
                }
            }
        }
        return subjects;
    }

    static Stream<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        int updater = -1;
        String last = null;
        for (Subject subject : subjects()) {
            updater += subject.updater().equals(last) ? 0 : 1;
            last = subject.updater();
            // in turn: each updater sees three or four kinds of network, in as many ways, and the next one the others
            if ((updater + subject.net().ordinal()) % 3 != 0) {
                cases.add(Arguments.of(last, subject.net(), Way.values()[cases.size() % Way.values().length]));
            }
        }
        return cases.stream();
    }

    /** What is multiplied with what; and how many steps come before: with four the next takes in statistics, with five it does not. */
    enum Way {
        FEATURES_WITH_STATISTICS(DataType.FLOAT, true, STEPS - 1, 1e12),
        FEATURES_WITHOUT_STATISTICS(DataType.FLOAT, true, STEPS, 1e16),
        LARGEST_FEATURES_WITH_STATISTICS(DataType.FLOAT, true, STEPS - 1, 1e20),
        LARGEST_FEATURES_WITHOUT_STATISTICS(DataType.FLOAT, true, STEPS, 1e20),
        LABELS(DataType.FLOAT, false, STEPS - 1, 1e20),
        IN_DOUBLE(DataType.DOUBLE, true, STEPS - 1, 1e160);

        private final DataType type;
        private final boolean ofFeatures;
        private final int good;
        private final double factor;

        Way(DataType type, boolean ofFeatures, int good, double factor) {
            this.type = type;
            this.ofFeatures = ofFeatures;
            this.good = good;
            this.factor = factor;
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void nothingStays(String updater, Net kind, Way way) {
        DataType type = way.type;
        int good = way.good;
        List<DataSet> batches = kind.batches(type, good + 4);
        Model model = kind.create(updaters().get(updater).get(), type);
        KFacListener listener = KFacListener.attach(model);
        Fixtures.fit(model, batches.subList(0, good));
        INDArray parameters = Fixtures.params(model);
        INDArray state = Fixtures.state(model);
        DataSet bad = kind.batch(type, Fixtures.BATCH, 7);
        (way.ofFeatures ? bad.getFeatures() : bad.getLabels()).muli(way.factor);
        Fixtures.fit(model, bad);
        StepReport report = listener.report(model);
        String what = report.lastSkip();
        assertThat(isFinite(model)).as(what).isTrue();
        if (report.skipped().containsKey(SkipReason.DATA_TOO_LARGE)) {
            assertThat(Fixtures.sameBits(model.params(), parameters))
                    .as("same parameters, " + what)
                    .isTrue();
            assertThat(Fixtures.sameBits(Fixtures.state(model), state))
                    .as("same state, " + what)
                    .isTrue();
        }
        Fixtures.fit(model, batches.subList(good, good + 4));
        assertThat(isFinite(model)).as("at last, " + what).isTrue();
    }

    private static boolean isFinite(Model model) {
        return Fixtures.isFinite(model.params()) && Fixtures.isFinite(Fixtures.state(model));
    }

    @ParameterizedTest
    @MethodSource("updaterNames")
    void trainingGoesOnAsIfTheBatchHadNotBeenThere(String updater) {
        List<DataSet> batches = Net.LINEAR.batches(DataType.FLOAT, 2 * STEPS);
        Model clean = Net.LINEAR.create(updaters().get(updater).get(), DataType.FLOAT);
        KFacListener.attach(clean);
        Fixtures.fit(clean, batches);

        Model spoilt = Net.LINEAR.create(updaters().get(updater).get(), DataType.FLOAT);
        KFacListener listener = KFacListener.attach(spoilt);
        DataSet bad = Net.LINEAR.batch(DataType.FLOAT, Fixtures.BATCH, 7);
        bad.getFeatures().muli(1e20);
        for (int i = 0; i < batches.size(); i++) {
            if (i % 3 == 1) {
                Fixtures.fit(spoilt, bad);
            }
            Fixtures.fit(spoilt, batches.get(i));
        }
        assertThat(listener.report(spoilt).skipped()).containsOnlyKeys(SkipReason.DATA_TOO_LARGE);
        assertThat(listener.report(spoilt).lastSkip()).contains("features or labels");
        Fixtures.assertSameTraining(spoilt, clean);
    }

    static Stream<String> updaterNames() {
        return updaters().keySet().stream();
    }

    /** A rate that cannot be used is refused before the step, or the step is left out. */
    @ParameterizedTest
    @EnumSource(
            value = Net.class,
            names = {"DENSE", "GRAPH"})
    void anInfiniteRateDestroysNothing(Net kind) {
        for (double rate : new double[] {Double.POSITIVE_INFINITY, Double.NaN, 1e300}) {
            MapSchedule schedule = new MapSchedule(ScheduleType.ITERATION, Map.of(0, 1e-3, 3, rate, 4, 1e-3));
            for (NaturalGradientUpdater updater : List.of(
                    FAdam.builder().learningRate(schedule).build(),
                    AdaFisher.builder().learningRate(schedule).build(),
                    Fixtures.kfac().learningRate(schedule).withoutKlClip().build())) {
                Model model = kind.create(updater, DataType.FLOAT);
                KFacListener listener = KFacListener.attach(model);
                Fixtures.fit(model, kind.batches(DataType.FLOAT, 3));
                INDArray parameters = Fixtures.params(model);
                try {
                    Fixtures.fit(model, kind.batch(DataType.FLOAT, Fixtures.BATCH, 7));
                    assertThat(listener.report(model).skippedBatches()).isEqualTo(1);
                } catch (IllegalArgumentException | IllegalStateException refused) {
                    assertThat(refused.getMessage()).contains("earning");
                }
                assertThat(Fixtures.isFinite(model.params())).isTrue();
                assertThat(Fixtures.isFinite(Fixtures.state(model))).isTrue();
                if (kind == Net.GRAPH) { // the other has layers with SGD
                    assertThat(Fixtures.sameBits(model.params(), parameters)).isTrue();
                }
            }
        }
    }

    @Test
    void otherUpdatersOfTheNetworkStayAsTheyWere() {
        MultiLayerNetwork net = Fixtures.started(Fixtures.base(Fixtures.kfac().build(), DataType.FLOAT)
                .activation(Activation.RELU)
                .weightDecay(1e-3)
                .list()
                .layer(new DenseLayer.Builder()
                        .nIn(Fixtures.FEATURES)
                        .nOut(5)
                        .updater(new Adam(0.01))
                        .build())
                .layer(Fixtures.dense(5, 4))
                .layer(Fixtures.output(4))
                .build());
        KFacListener.attach(net);
        Fixtures.fit(net, Fixtures.batches(DataType.FLOAT, 4));
        INDArray parameters = Fixtures.params(net);
        INDArray state = Fixtures.state(net);
        DataSet bad = Fixtures.batch(DataType.FLOAT, Fixtures.BATCH, 7);
        bad.getFeatures().muli(1e20);
        net.fit(bad);
        assertThat(Fixtures.sameBits(net.params(), parameters)).isTrue();
        assertThat(Fixtures.sameBits(Fixtures.state(net), state)).isTrue();
    }
}
