package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.diagnostics.Phase;
import io.github.dl4jkfac.session.Sessions;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import io.github.dl4jkfac.testing.LogCapture;
import io.github.dl4jkfac.testing.Taps;
import io.github.dl4jkfac.testing.TestNetworks;
import java.io.File;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** AdaFisher, AdaFisherW and FAdam in DL4J's training: files, learning rates, regularisation, broken batches, other updaters. */
@Tag("training")
class DiagonalUpdaterTrainingTest {

    private static final DataType TYPE = DataType.DOUBLE;
    private static final int INTERRUPTED_AT = 5;
    private static final int STEPS = 11;

    @TempDir
    File folder;

    private static AdaFisher.Builder adaFisher() {
        return AdaFisher.builder().learningRate(0.1).damping(0.05).statisticsInterval(3);
    }

    private static AdaFisherW.Builder adaFisherW() {
        return AdaFisherW.builder()
                .learningRate(0.1)
                .damping(0.05)
                .statisticsInterval(3)
                .weightDecay(0.2);
    }

    private static FAdam.Builder fAdam() {
        return FAdam.builder().learningRate(0.02).weightDecay(0.2);
    }

    static Stream<NaturalGradientUpdater> updaters() {
        return Stream.of(adaFisher().build(), adaFisherW().build(), fAdam().build());
    }

    static Stream<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            updaters().forEach(updater -> cases.add(Arguments.of(kind, updater)));
        }
        return cases.stream();
    }

    private static Model attached(Kind kind, NaturalGradientUpdater updater, DataType type) {
        Model model = kind.create(updater, type);
        KFacListener.attach(model);
        return model;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void resumedTrainingIsBitEqual(Kind kind, NaturalGradientUpdater updater) throws Exception {
        // each updater and each kind of network in both
        boolean single = (kind.ordinal() + updater.name().length()) % 2 == 0;
        DataType type = single ? DataType.FLOAT : DataType.DOUBLE;
        List<DataSet> batches = Fixtures.batches(type, STEPS);
        Model uninterrupted = attached(kind, updater, type);
        Fixtures.fit(uninterrupted, batches.subList(0, INTERRUPTED_AT));
        Model restored = Fixtures.throughFile(uninterrupted, new File(folder, "net.zip"));
        Model cloned = Fixtures.copy(uninterrupted);
        Fixtures.fit(uninterrupted, batches.subList(INTERRUPTED_AT, STEPS));
        for (Model resumed : List.of(restored, cloned)) {
            KFacListener listener = KFacListener.attach(resumed);
            assertThat(listener.report(resumed).steps()).isEqualTo(INTERRUPTED_AT);
            Fixtures.fit(resumed, batches.subList(INTERRUPTED_AT, STEPS));
            Fixtures.assertSameTraining(resumed, uninterrupted);
            assertThat(listener.report(resumed).steps()).isEqualTo(STEPS);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aForgottenListenerIsAnErrorBeforeAnyParameterChanges(Kind kind, NaturalGradientUpdater updater) {
        Model model = kind.create(updater, TYPE);
        requireConnectionError(model, updater);
        KFacListener.attach(model);
        Fixtures.fit(model, Fixtures.batches(TYPE, 3));
        model.setListeners();
        requireConnectionError(model, updater);
        KFacListener.attach(model);
        Fixtures.fit(model, Fixtures.batches(TYPE, 3));
    }

    private static void requireConnectionError(Model model, NaturalGradientUpdater updater) {
        INDArray params = Fixtures.params(model);
        assertThatThrownBy(() -> Fixtures.fit(model, Fixtures.batch(TYPE, 12, 1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll(updater.name(), "KFacListener.attach(net)");
        assertThat(Fixtures.sameBits(model.params(), params)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aBrokenBatchChangesNothing(Kind kind, NaturalGradientUpdater updater) {
        List<DataSet> batches = Fixtures.batches(TYPE, 6);
        Model clean = attached(kind, updater, TYPE);
        Model spoilt = attached(kind, updater, TYPE);
        DataSet broken = Fixtures.batch(TYPE, 12, 1);
        broken.getFeatures().putScalar(3, 2, Double.NaN);
        Fixtures.fit(clean, batches.subList(0, 4));
        try (LogCapture log = new LogCapture()) {
            Fixtures.fit(spoilt, broken);
            Fixtures.fit(spoilt, batches.subList(0, 4));
            Fixtures.fit(spoilt, broken);
            assertThat(log.warnings()).hasSize(2).allMatch(warning -> warning.contains("not finite"));
        }
        if (kind == Kind.WITH_FALLBACK) {
            // the fallback Adam reads DL4J's iteration counter
            assertThat(Fixtures.isFinite(spoilt.params())).isTrue();
        } else {
            Fixtures.assertSameTraining(spoilt, clean);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void networksLearn(Kind kind, NaturalGradientUpdater updater) {
        List<DataSet> batches = Fixtures.batches(TYPE, 5);
        Model model = attached(kind, updater, TYPE);
        double before = Fixtures.score(model, batches.get(0));
        for (int epoch = 0; epoch < 20 && Fixtures.score(model, batches.get(0)) >= 0.9 * before; epoch++) {
            Fixtures.fit(model, batches);
        }
        assertThat(Fixtures.score(model, batches.get(0))).isLessThan(0.9 * before);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aTrainedNetworkTakesThemOver(Kind kind, NaturalGradientUpdater updater) {
        List<DataSet> batches = Fixtures.batches(TYPE, 8);
        Model swapped = kind.create(new Sgd(0.1), TYPE);
        Fixtures.fit(swapped, batches.subList(0, 3));
        KFacListener.swapUpdater(swapped, updater);
        Model built = attached(kind, updater, TYPE);
        if (kind == Kind.SPLIT_BLOCKS) {
            KFacListener.swapUpdater(built, updater); // the biases' own updater goes, too
        }
        built.setParams(swapped.params());
        if (kind == Kind.WITH_FALLBACK && updater.method().usesCurvature()) {
            Fixtures.fit(swapped, batches.subList(3, 8)); // the fallback Adam reads DL4J's iteration counter
            assertThat(Fixtures.isFinite(swapped.params())).isTrue();
            return;
        }
        Fixtures.fit(swapped, batches.subList(3, 8));
        Fixtures.fit(built, batches.subList(3, 8));
        Fixtures.assertSameTraining(swapped, built);
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void learningRatesAreSetAndScheduledAsWithAnyUpdater(NaturalGradientUpdater updater) {
        List<DataSet> batches = Fixtures.batches(TYPE, 6);
        NaturalGradientUpdater scheduled = updater.clone();
        scheduled.setLrAndSchedule(1, new StepSchedule(ScheduleType.ITERATION, 0.05, 0.5, 3));
        Model byHand = attached(Kind.SEQUENTIAL, updater, TYPE);
        Model bySchedule = attached(Kind.SEQUENTIAL, scheduled, TYPE);
        ((MultiLayerNetwork) byHand).setLearningRate(0.05);
        Fixtures.fit(byHand, batches.subList(0, 3));
        ((MultiLayerNetwork) byHand).setLearningRate(0.025);
        Fixtures.fit(byHand, batches.subList(3, 6));
        Fixtures.fit(bySchedule, batches);
        Fixtures.assertSameTraining(bySchedule, byHand);
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void sumsInPlaceOfMeansMakeTheSameSteps(NaturalGradientUpdater updater) {
        List<DataSet> batches = Fixtures.batches(TYPE, 4);
        Model means = attached(Kind.SEQUENTIAL, updater, TYPE);
        MultiLayerNetwork sums = Fixtures.mlp(Fixtures.base(updater, TYPE).miniBatch(false));
        KFacListener.attach(sums);
        Fixtures.fit(means, batches);
        Fixtures.fit(sums, batches);
        assertThat(Fixtures.distance(sums.params(), means.params())).isLessThan(1e-12);
    }

    /** After one step, whose momentum is the gradient's: AdaFisher's coupled and decoupled decay, entry by entry. */
    @Test
    void l2EntersTheGradientAndDecoupledDecayDoesNot() {
        DataSet batch = Fixtures.batch(TYPE, 12, 1);
        MultiLayerNetwork plain = Fixtures.mlp(adaFisher().build(), TYPE);
        MultiLayerNetwork coupled =
                Fixtures.mlp(Fixtures.base(adaFisher().build(), TYPE).l2(0.3).l2Bias(0.3));
        MultiLayerNetwork decoupled = Fixtures.mlp(adaFisherW().build(), TYPE);
        for (MultiLayerNetwork net : List.of(plain, coupled, decoupled)) {
            TestNetworks.disturb(net);
            KFacListener.attach(net);
        }
        INDArray before = plain.params().dup();
        List.of(plain, coupled, decoupled).forEach(net -> net.fit(batch));
        assertThat(Fixtures.distance(decoupled.params(), plain.params().sub(before.mul(0.1 * 0.2))))
                .isLessThan(1e-14);
        // 0.1 * 0.3 theta / F, with the same F in all
        INDArray gradient = gradient(before, batch);
        INDArray diagonal = gradient.mul(0.1).div(before.sub(plain.params()));
        assertThat(Fixtures.distance(
                        coupled.params(),
                        plain.params().sub(before.mul(0.1 * 0.3).div(diagonal))))
                .isLessThan(1e-10);
    }

    private static INDArray gradient(INDArray parameters, DataSet batch) {
        MultiLayerNetwork net = Fixtures.mlp(new Sgd(1), TYPE);
        net.setParams(parameters);
        net.fit(batch);
        return parameters.sub(net.params());
    }

    @Test
    void l2EntersFAdamsGradientOnce() {
        MultiLayerNetwork net = Fixtures.mlp(
                Fixtures.base(fAdam().weightDecay(0).beta1(0).build(), TYPE).l2(0.3));
        KFacListener.attach(net);
        DataSet batch = Fixtures.batch(TYPE, 12, 1);
        Map<String, INDArray> before = new HashMap<>();
        net.paramTable().forEach((name, array) -> before.put(name, array.dup()));
        MultiLayerNetwork sgd = Fixtures.mlp(Fixtures.base(new Sgd(1), TYPE).l2(0.3));
        sgd.setParams(net.params());
        for (int k = 0; k < 2; k++) {
            net.fit(batch);
        }
        // two steps: f is the weighted mean of both squares
        Map<String, INDArray> first = new HashMap<>();
        sgd.fit(batch);
        sgd.paramTable()
                .forEach((name, array) -> first.put(name, before.get(name).sub(array)));
        Map<String, INDArray> after = new HashMap<>();
        first.forEach((name, g) -> after.put(name, before.get(name).sub(sign(g).mul(0.02))));
        after.forEach(sgd::setParam);
        sgd.fit(batch);
        first.forEach((name, g) -> {
            INDArray second = after.get(name).sub(sgd.getParam(name));
            INDArray f = g.mul(g).mul(0.999).add(second.mul(second)).div(1.999);
            INDArray natural = second.div(Transforms.sqrt(f, true));
            double rms = natural.norm2Number().doubleValue() / Math.sqrt(natural.length());
            INDArray expected = after.get(name).sub(natural.mul(0.02 / Math.max(1, rms)));
            assertThat(Fixtures.distance(net.getParam(name), expected)).as(name).isLessThan(1e-7);
        });
    }

    private static INDArray sign(INDArray array) {
        return Transforms.sign(array, true);
    }

    /** It needs nothing of the batch but the gradient. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void fAdamRecordsNothing(Kind kind) {
        Model model = attached(kind, fAdam().build(), TYPE);
        List<String> activations = new ArrayList<>();
        model.addListeners(new BaseTrainingListener() {
            @Override
            public void onBackwardPass(Model fitted) {
                Taps.requireNone(fitted);
                activations.add("seen");
            }
        });
        Fixtures.fit(model, Fixtures.batches(TYPE, 3));
        assertThat(activations).hasSize(3);
        assertThat(Sessions.find(model).blocks()).isEmpty();
        Map<Phase, Long> nanos = Sessions.find(model).report().phaseNanos();
        assertThat(nanos.get(Phase.SAMPLED_BACKWARD) + nanos.get(Phase.FACTORS) + nanos.get(Phase.INVERSES))
                .isZero();
        assertThat(nanos.get(Phase.PRECONDITIONING)).isPositive();
    }

    /** Statistics at the steps 0, 3, 6, 9 and no others. */
    @Test
    void adaFisherTakesStatisticsEveryFewSteps() {
        Model model = attached(Kind.SEQUENTIAL, adaFisher().build(), TYPE);
        List<Integer> taken = new ArrayList<>();
        for (int k = 0; k < 10; k++) {
            long before = statistics(model);
            Fixtures.fit(model, Fixtures.batch(TYPE, 12, k));
            if (statistics(model) > before) {
                taken.add(k);
            }
        }
        assertThat(taken).containsExactly(0, 3, 6, 9);
    }

    private static long statistics(Model model) {
        return Fixtures.block(model, "1").state().statistics();
    }

    @Test
    void frozenLayersStay() {
        for (NaturalGradientUpdater updater : updaters().toList()) {
            for (boolean withBackprop : new boolean[] {false, true}) {
                DenseLayer frozen = Fixtures.dense(Fixtures.FEATURES, 5);
                MultiLayerNetwork net = Fixtures.started(Fixtures.base(updater, TYPE)
                        .list()
                        .layer(withBackprop ? new FrozenLayerWithBackprop(frozen) : new FrozenLayer(frozen))
                        .layer(Fixtures.dense(5, 4))
                        .layer(Fixtures.output(4))
                        .build());
                KFacListener.attach(net);
                INDArray before = net.getLayer(0).params().dup();
                INDArray trained = net.getLayer(1).params().dup();
                Fixtures.fit(net, Fixtures.batches(TYPE, 4));
                assertThat(Fixtures.sameBits(net.getLayer(0).params(), before)).isTrue();
                assertThat(Fixtures.sameBits(net.getLayer(1).params(), trained)).isFalse();
            }
        }
    }

    /** Weights with one updater, biases with the other, either way round; and layers with different ones. */
    @Test
    void fAdamStandsBesideOtherUpdaters() {
        List<DataSet> batches = Fixtures.batches(TYPE, 5);
        MultiLayerNetwork net =
                Fixtures.started(Fixtures.base(Fixtures.kfac().klClip(1e-6).build(), TYPE)
                        .list()
                        .layer(new DenseLayer.Builder()
                                .nIn(Fixtures.FEATURES)
                                .nOut(5)
                                .biasUpdater(fAdam().build())
                                .build())
                        .layer(new DenseLayer.Builder()
                                .nIn(5)
                                .nOut(4)
                                .updater(fAdam().build())
                                .biasUpdater(new Sgd(0.1))
                                .build())
                        .layer(new DenseLayer.Builder()
                                .nIn(4)
                                .nOut(4)
                                .updater(fAdam().build())
                                .build())
                        .layer(Fixtures.output(4))
                        .build());
        KFacListener listener = KFacListener.attach(net);
        assertThat(Sessions.find(net).blocks())
                .extracting(block -> block.plan().name())
                .containsExactly("0:W", "3");
        double before = net.score(batches.get(0));
        for (int epoch = 0; epoch < 10; epoch++) {
            INDArray params = Fixtures.params(net);
            Fixtures.fit(net, batches);
            net.paramTable()
                    .forEach((name, array) -> assertThat(array.isEmpty()).isFalse());
            assertThat(params.neq(net.params()).castTo(TYPE).sumNumber().doubleValue())
                    .as("every parameter moves")
                    .isEqualTo(params.length());
        }
        assertThat(net.score(batches.get(0))).isLessThan(before);
        assertThat(listener.report(net).klScale()).isLessThan(1);
        assertThat(((BaseLayer) net.getLayer(1).conf().getLayer()).getIUpdater())
                .isInstanceOf(FAdam.class);
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void aNetworkWithoutALossIsRefused(NaturalGradientUpdater updater) {
        MultiLayerNetwork net = Fixtures.started(Fixtures.base(updater, TYPE)
                .list()
                .layer(Fixtures.dense(Fixtures.FEATURES, 5))
                .layer(Fixtures.dense(5, 4))
                .build());
        INDArray params = Fixtures.params(net);
        assertThatThrownBy(() -> KFacListener.attach(net))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("output '1' has no loss");
        assertThat(Fixtures.sameBits(net.params(), params)).isTrue();
    }
}
