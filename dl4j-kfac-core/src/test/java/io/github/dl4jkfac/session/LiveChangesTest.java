package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.AdaFisher;
import io.github.dl4jkfac.AdaFisherW;
import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.ExactFisher;
import io.github.dl4jkfac.FAdam;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.NaturalGradientUpdater;
import io.github.dl4jkfac.Structure;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import io.github.dl4jkfac.testing.LogCapture;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nadam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** Options that change while a network trains: the state goes on where it means the same, and is dropped aloud where it does not. */
class LiveChangesTest {

    private record Change(NaturalGradientUpdater before, NaturalGradientUpdater after) {}

    /** What may change. */
    static Stream<Change> harmless() {
        List<Change> all = new ArrayList<>();
        for (Function<KFac.Builder, KFac.Builder> change : List.<Function<KFac.Builder, KFac.Builder>>of(
                b -> b.learningRate(0.05),
                b -> b.learningRate(new StepSchedule(ScheduleType.ITERATION, 0.3, 0.5, 10)),
                b -> b.klClip(1e-4),
                b -> b.withoutKlClip(),
                b -> b.momentum(0.2),
                b -> b.damping(0.3),
                b -> b.statisticsInterval(3),
                b -> b.inverseInterval(3),
                b -> b.statisticsDecay(0.5),
                b -> b.statisticsFraction(0.5),
                b -> b.seed(99),
                b -> b.fallback(new Adam(0.1)))) {
            KFac before = Fixtures.kfac().build();
            all.add(new Change(before, change.apply(before.toBuilder()).build()));
        }
        EKFac ekfac = EKFac.builder().learningRate(0.1).damping(0.05).build();
        all.add(new Change(
                ekfac, ekfac.toBuilder().momentum(0.1).basisInterval(3).build()));
        ExactFisher exact =
                ExactFisher.builder().curvature(Curvature.SAMPLED_FISHER).build();
        all.add(new Change(exact, exact.toBuilder().klClip(1e-4).damping(0.1).build()));
        AdaFisherW ada = AdaFisherW.builder().statisticsInterval(2).build();
        all.add(new Change(ada, ada.toBuilder().weightDecay(0.3).gamma(0.5).build()));
        FAdam fadam = new FAdam();
        all.add(new Change(fadam, fadam.toBuilder().beta1(0.5).clip(2).build()));
        return all.stream();
    }

    /** Each change on two kinds of network, in turn. */
    static Stream<Arguments> harmlessEverywhere() {
        List<Arguments> cases = new ArrayList<>();
        harmless().forEach(change -> {
            int turn = cases.size() / 2;
            cases.add(Arguments.of(change, Kind.values()[turn % 4]));
            cases.add(Arguments.of(change, Kind.values()[(turn + 1 + turn / 4 % 2) % 4]));
        });
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("harmlessEverywhere")
    void theStateGoesOnAndTheNewValuesActFromTheNextStep(Change change, Kind kind) {
        DataType type = kind == Kind.GRAPH ? DataType.FLOAT : DataType.DOUBLE;
        List<DataSet> batches = Fixtures.batches(type, 9);
        Model model = kind.create(change.before, type);
        KFacListener.swapUpdater(model, change.before); // biases, too
        KFacListener listener = KFacListener.attach(model);
        Fixtures.fit(model, batches.subList(0, 5));
        INDArray state = Fixtures.state(model);
        INDArray params = Fixtures.params(model);
        try (LogCapture log = new LogCapture()) {
            KFacListener.swapUpdater(model, change.after);
            assertThat(log.infos()).anyMatch(line -> line.contains("goes on with its momentum"));
        }
        assertThat(Fixtures.sameBits(Fixtures.state(model), state)).isTrue();
        assertThat(Fixtures.sameBits(model.params(), params)).isTrue();
        assertThat(listener.report(model).steps()).isEqualTo(5);
        Fixtures.fit(model, batches.subList(5, 9));
        assertThat(listener.report(model).steps()).isEqualTo(9);

        // as if the state had been put by hand into a network that never had other values
        Model made = kind.create(change.before, type);
        KFacListener.swapUpdater(made, change.after);
        made.setParams(params);
        setState(made, state, 5);
        Fixtures.fit(made, batches.subList(5, 9));
        Fixtures.assertSameTraining(model, made);
    }

    private static void setState(Model model, INDArray state, int iteration) {
        if (model instanceof MultiLayerNetwork net) {
            NetworkView.existingUpdater(net).setStateViewArray(state);
            net.setIterationCount(iteration);
        } else {
            ComputationGraph graph = (ComputationGraph) model;
            graph.getUpdater().setStateViewArray(state);
            graph.getConfiguration().setIterationCount(iteration);
        }
    }

    static Stream<Arguments> structural() {
        KFac kfac = Fixtures.kfac().build();
        ExactFisher exact =
                ExactFisher.builder().curvature(Curvature.SAMPLED_FISHER).build();
        return Stream.of(
                Arguments.of(
                        kfac,
                        kfac.toBuilder().curvature(Curvature.EMPIRICAL_FISHER).build(),
                        "EMPIRICAL_FISHER"),
                Arguments.of(
                        kfac,
                        kfac.toBuilder().structure(Structure.BLOCK_TRIDIAGONAL).build(),
                        "TRIDIAGONAL"),
                Arguments.of(kfac, kfac.toBuilder().maxFactorDimension(3).build(), "kept layer"),
                Arguments.of(kfac, new EKFac(), "EKFac"),
                Arguments.of(exact, exact.toBuilder().layerWise().build(), "layerWise"),
                Arguments.of(new AdaFisher(), new AdaFisherW(), "AdaFisherW"),
                Arguments.of(
                        new AdaFisher(), AdaFisher.builder().scaledAverages().build(), "AVERAGES"),
                Arguments.of(new FAdam(), kfac, "KFac"),
                Arguments.of(new Adam(0.01), kfac, "Adam"));
    }

    @ParameterizedTest
    @MethodSource("structural")
    void anotherStructureBeginsAnewAndSaysSo(IUpdater before, NaturalGradientUpdater after, String named) {
        for (Kind kind : List.of(Kind.SEQUENTIAL, Kind.GRAPH)) {
            List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, 6);
            Model model = kind.create(before, DataType.DOUBLE);
            if (before instanceof NaturalGradientUpdater) {
                KFacListener.attach(model);
            }
            Fixtures.fit(model, batches);
            try (LogCapture log = new LogCapture()) {
                KFacListener listener = KFacListener.swapUpdater(model, after);
                assertThat(log.infos()).anySatisfy(line -> assertThat(line).contains("begins anew", "layer '", named));
                assertThat(listener.report(model).steps()).isZero();
                Fixtures.fit(model, batches);
                assertThat(listener.report(model).steps()).isEqualTo(6);
            }
        }
    }

    @Test
    void anotherFallbackUpdaterBeginsAnewOnlyWhereOneIsAtWork() {
        KFac before = Fixtures.kfac().build();
        KFac after = before.toBuilder().fallback(new Nadam(0.01)).build();
        for (Kind kind : List.of(Kind.WITH_FALLBACK, Kind.GRAPH)) {
            Model model = kind.create(before, DataType.DOUBLE);
            KFacListener listener = KFacListener.attach(model);
            Fixtures.fit(model, Fixtures.batches(DataType.DOUBLE, 4));
            KFacListener.swapUpdater(model, after);
            assertThat(listener.report(model).steps()).isEqualTo(kind == Kind.GRAPH ? 4 : 0);
        }
    }

    @Test
    void nothingIsSaidWhereNothingIsLost() {
        MultiLayerNetwork net = Fixtures.mlp(new Nesterovs(0.1), DataType.DOUBLE);
        net.getUpdater();
        try (LogCapture log = new LogCapture()) {
            KFacListener.swapUpdater(net, Fixtures.kfac().build());
            KFacListener.swapUpdater(net, Fixtures.kfac().damping(1).build());
            assertThat(log.infos()).hasSize(1).allMatch(line -> line.startsWith("K-FAC attached"));
        }
    }

    @Test
    void configurationsThatAreChangedByHandTakeEffectOnAttach() {
        MultiLayerNetwork net = Fixtures.mlp(Fixtures.kfac().build(), DataType.DOUBLE);
        KFacListener listener = KFacListener.attach(net);
        Fixtures.fit(net, Fixtures.batches(DataType.DOUBLE, 4));
        INDArray state = Fixtures.state(net);
        for (int i = 0; i < 3; i++) {
            BaseLayer layer = (BaseLayer) net.getLayer(i).conf().getLayer();
            layer.setIUpdater(
                    ((KFac) layer.getIUpdater()).toBuilder().momentum(0).build());
        }
        assertThat(KFacListener.attach(net)).isSameAs(listener);
        assertThat(listener.report(net).steps()).isEqualTo(4);
        assertThat(Fixtures.sameBits(Fixtures.state(net), state)).isTrue();
        assertThat(Fixtures.block(net, "0").worker().hyperparameters().step().momentum())
                .isZero();
        Fixtures.fit(net, Fixtures.batches(DataType.DOUBLE, 2));
        assertThat(listener.report(net).steps()).isEqualTo(6);
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT", "DOUBLE"})
    void theRateOfOneLayerChangesWhileOthersHaveOtherUpdaters(DataType type) {
        List<DataSet> batches = Fixtures.batches(type, 8);
        for (NaturalGradientUpdater own : List.of(Fixtures.kfac().build(), new FAdam(), new AdaFisher())) {
            MultiLayerNetwork net = Fixtures.started(Fixtures.base(new Adam(0.01), type)
                    .list()
                    .layer(new DenseLayer.Builder()
                            .nIn(Fixtures.FEATURES)
                            .nOut(5)
                            .updater(own)
                            .build())
                    .layer(Fixtures.dense(5, 4))
                    .layer(Fixtures.dense(4, 4))
                    .layer(Fixtures.output(4))
                    .build());
            KFacListener listener = KFacListener.attach(net);
            Fixtures.fit(net, batches.subList(0, 4));
            INDArray kept = Fixtures.params(net);
            INDArray before = ownState(net);
            net.setLearningRate(2, 0.02); // DL4J cuts Adam's block in three
            assertThat(Fixtures.sameBits(ownState(net), before)).isTrue();
            net.setLearningRate(2, 0.01); // and joins it
            assertThat(Fixtures.sameBits(ownState(net), before)).isTrue();
            assertThat(Fixtures.sameBits(net.params(), kept)).isTrue();
            Fixtures.fit(net, batches.subList(4, 8));
            assertThat(listener.report(net).steps()).isEqualTo(8);
        }
    }

    private static INDArray ownState(MultiLayerNetwork net) {
        return ((org.deeplearning4j.nn.updater.BaseMultiLayerUpdater<?>) net.getUpdater())
                .getUpdaterBlocks()
                .get(0)
                .getUpdaterView()
                .dup();
    }

    @Test
    void noUpdaterIsNoUpdater() {
        MultiLayerNetwork net = Fixtures.mlp(Fixtures.kfac().build(), DataType.DOUBLE);
        assertThatThrownBy(() -> KFacListener.swapUpdater(net, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("got null", "new KFac()", "setParams");
    }
}
