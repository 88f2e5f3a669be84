package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.curvature.kronecker.DoublyFactoredBlock;
import io.github.dl4jkfac.plan.NetworkPlan;
import io.github.dl4jkfac.session.BoundBlock;
import io.github.dl4jkfac.session.Sessions;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import io.github.dl4jkfac.testing.LogCapture;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.listeners.CollectScoresIterationListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.ViewIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What cannot work is refused with a message that helps, and leaves everything as it was. */
class BadInputTest {

    private static final DataType TYPE = DataType.DOUBLE;

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aForgottenListenerIsAnErrorBeforeAnyParameterChanges(Kind kind) {
        Model model = kind.create(Fixtures.kfac().build(), TYPE);
        INDArray params = Fixtures.params(model);
        assertThatThrownBy(() -> Fixtures.fit(model, Fixtures.batch(TYPE, 12, 1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("KFacListener.attach(net)");
        assertThat(Fixtures.sameBits(model.params(), params)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aRemovedListenerIsAnErrorBeforeAnyParameterChanges(Kind kind) {
        Model model = kind.create(Fixtures.kfac().build(), TYPE);
        KFacListener.attach(model);
        Fixtures.fit(model, Fixtures.batches(TYPE, 3));
        INDArray params = Fixtures.params(model);
        INDArray state = Fixtures.state(model);
        model.setListeners(new CollectScoresIterationListener());
        assertThatThrownBy(() -> Fixtures.fit(model, Fixtures.batch(TYPE, 12, 1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("KFacListener.attach(net)")
                .hasMessageContaining("setListeners");
        assertThat(Fixtures.sameBits(model.params(), params)).isTrue();
        assertThat(Fixtures.sameBits(Fixtures.state(model), state)).isTrue();
        KFacListener.attach(model);
        Fixtures.fit(model, Fixtures.batch(TYPE, 12, 1));
    }

    @ParameterizedTest
    @EnumSource(
            value = OptimizationAlgorithm.class,
            names = "STOCHASTIC_GRADIENT_DESCENT",
            mode = EnumSource.Mode.EXCLUDE)
    void otherOptimisationAlgorithmsAreRefused(OptimizationAlgorithm algorithm) {
        MultiLayerNetwork net =
                Fixtures.mlp(Fixtures.base(Fixtures.kfac().build(), TYPE).optimizationAlgo(algorithm));
        requireRefused(net, () -> KFacListener.attach(net), "STOCHASTIC_GRADIENT_DESCENT", algorithm.name());
        MultiLayerNetwork other = Fixtures.mlp(Fixtures.base(new Adam(), TYPE).optimizationAlgo(algorithm));
        requireRefused(
                other,
                () -> KFacListener.swapUpdater(other, new KFac()),
                "STOCHASTIC_GRADIENT_DESCENT",
                algorithm.name());
    }

    private static void requireRefused(Model model, ThrowingCallable call, String... message) {
        String json = Fixtures.json(model);
        INDArray params = Fixtures.params(model);
        INDArray state = Fixtures.state(model);
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContainingAll(message);
        assertThat(Fixtures.json(model)).isEqualTo(json);
        assertThat(Fixtures.sameBits(model.params(), params)).isTrue();
        assertThat(Fixtures.sameBits(Fixtures.state(model), state)).isTrue();
        assertThat(
                        model instanceof MultiLayerNetwork net
                                ? net.getListeners()
                                : ((ComputationGraph) model).getListeners())
                .isEmpty();
    }

    @Test
    void attachNeedsAnInitialisedNetwork() {
        MultiLayerNetwork net = new MultiLayerNetwork(
                Fixtures.mlp(new KFac(), TYPE).getLayerWiseConfigurations().clone());
        assertThatThrownBy(() -> KFacListener.attach(net))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("init()");
        assertThatThrownBy(() -> KFacListener.swapUpdater(net, new KFac()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("init()");
        ComputationGraph graph = new ComputationGraph(
                Fixtures.graph(new KFac(), TYPE).getConfiguration().clone());
        assertThatThrownBy(() -> KFacListener.attach(graph))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("init()");
    }

    @Test
    void attachNeedsANetworkWithKFac() {
        MultiLayerNetwork net = Fixtures.mlp(new Adam(), TYPE);
        requireRefused(net, () -> KFacListener.attach(net), "KFac", "swapUpdater");
        assertThatThrownBy(() -> KFacListener.attach(null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("MultiLayerNetwork");
        assertThatThrownBy(() -> KFacListener.attach(net.getLayer(0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ComputationGraph");
    }

    @Test
    void contradictingOptionsAreRefused() {
        MultiLayerNetwork net =
                Fixtures.started(Fixtures.base(Fixtures.kfac().klClip(0.1).build(), TYPE)
                        .list()
                        .layer(Fixtures.dense(Fixtures.FEATURES, 5))
                        .layer(new DenseLayer.Builder()
                                .nIn(5)
                                .nOut(4)
                                .updater(Fixtures.kfac().klClip(0.2).build())
                                .build())
                        .layer(Fixtures.output(4))
                        .build());
        requireRefused(net, () -> KFacListener.attach(net), "'0'", "'1'", "klClip");
    }

    @Test
    void lossesWithoutDistributionTakeTheEmpiricalFisherAndSaySo() {
        List<DataSet> batches = Fixtures.batches(TYPE, 4);
        MultiLayerNetwork sampled = hinge(Fixtures.kfac().build());
        try (LogCapture log = new LogCapture()) {
            KFacListener.attach(sampled);
            assertThat(log.warnings()).hasSize(1);
            assertThat(log.warnings().get(0)).contains("LossHinge", "'1'", "EMPIRICAL_FISHER", "SAMPLED_FISHER");
        }
        Fixtures.fit(sampled, batches);

        MultiLayerNetwork empirical =
                hinge(Fixtures.kfac().curvature(Curvature.EMPIRICAL_FISHER).build());
        KFacListener.attach(empirical);
        Fixtures.fit(empirical, batches);
        assertThat(Fixtures.sameBits(sampled.params(), empirical.params())).isTrue();
    }

    private static MultiLayerNetwork hinge(org.nd4j.linalg.learning.config.IUpdater updater) {
        return Fixtures.started(Fixtures.base(updater, TYPE)
                .list()
                .layer(Fixtures.dense(Fixtures.FEATURES, 5))
                .layer(new OutputLayer.Builder(LossFunction.HINGE)
                        .nIn(5)
                        .nOut(Fixtures.CLASSES)
                        .activation(Activation.IDENTITY)
                        .build())
                .build());
    }

    @Test
    void sameDiffIsRefused() {
        SameDiff graph = SameDiff.create();
        SDVariable in = graph.placeHolder("in", DataType.FLOAT, -1, Fixtures.FEATURES);
        SDVariable labels = graph.placeHolder("labels", DataType.FLOAT, -1, Fixtures.CLASSES);
        SDVariable w = graph.var("w", Nd4j.rand(DataType.FLOAT, Fixtures.FEATURES, Fixtures.CLASSES));
        SDVariable difference = in.mmul(w).sub(labels);
        difference.mul(difference).mean().markAsLoss();
        graph.setTrainingConfig(new TrainingConfig.Builder()
                .updater(new KFac())
                .dataSetFeatureMapping("in")
                .dataSetLabelMapping("labels")
                .build());
        assertThatThrownBy(() -> graph.fit(Fixtures.batch(DataType.FLOAT, 12, 1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("SameDiff")
                .hasMessageContaining("MultiLayerNetwork");
    }

    @Test
    void externalGradientsAreRefused() {
        MultiLayerNetwork net = Fixtures.started(Fixtures.base(Fixtures.kfac().build(), TYPE)
                .list()
                .layer(Fixtures.dense(Fixtures.FEATURES, 5))
                .layer(Fixtures.dense(5, 4))
                .build());
        assertThatThrownBy(() -> KFacListener.attach(net))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("output '1' has no loss");
        INDArray params = Fixtures.params(net);
        net.setInput(Fixtures.batch(TYPE, 12, 1).getFeatures());
        net.feedForward(true, false);
        LayerWorkspaceMgr workspaces = LayerWorkspaceMgr.noWorkspaces();
        Pair<org.deeplearning4j.nn.gradient.Gradient, INDArray> gradient =
                net.backpropGradient(Nd4j.ones(TYPE, 12, 4), workspaces);
        assertThatThrownBy(() -> net.getUpdater().update(net, gradient.getFirst(), 0, 0, 12, workspaces))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("For external errors")
                .hasMessageContaining("another updater");
        assertThat(Fixtures.sameBits(net.params(), params)).isTrue();
    }

    @Test
    void pretrainingNeedsTheListenerToo() {
        MultiLayerNetwork unattached = stackedAutoencoder();
        INDArray params = Fixtures.params(unattached);
        assertThatThrownBy(() -> unattached.pretrain(new ViewIterator(Fixtures.batch(TYPE, 12, 1), 12)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("KFacListener.attach(net)");
        assertThat(Fixtures.sameBits(unattached.params(), params)).isTrue();

        // no layer that DL4J pretrains has a block: the fallback updater does it
        MultiLayerNetwork net = stackedAutoencoder();
        KFacListener listener = KFacListener.attach(net);
        net.pretrain(new ViewIterator(Fixtures.batch(TYPE, 12, 1), 12));
        assertThat(Fixtures.sameBits(net.params(), params)).isFalse();
        assertThat(listener.report(net).steps()).isZero();
        Fixtures.fit(net, Fixtures.batches(TYPE, 3));
        assertThat(listener.report(net).steps()).isEqualTo(3);
    }

    private static MultiLayerNetwork stackedAutoencoder() {
        return Fixtures.started(Fixtures.base(Fixtures.kfac().build(), TYPE)
                .list()
                .layer(new AutoEncoder.Builder().nIn(Fixtures.FEATURES).nOut(5).build())
                .layer(Fixtures.output(5))
                .build());
    }

    @Test
    void anEmptyBatchIsAnError() {
        MultiLayerNetwork net = Fixtures.mlp(Fixtures.kfac().build(), TYPE);
        KFacListener.attach(net);
        Fixtures.fit(net, Fixtures.batches(TYPE, 2));
        INDArray params = Fixtures.params(net);
        INDArray state = Fixtures.state(net);
        DataSet empty = new DataSet(Nd4j.create(TYPE, 0, Fixtures.FEATURES), Nd4j.create(TYPE, 0, Fixtures.CLASSES));
        assertThatThrownBy(() -> net.fit(empty)).isInstanceOf(RuntimeException.class);
        assertThat(Fixtures.sameBits(net.params(), params)).isTrue();
        assertThat(Fixtures.sameBits(Fixtures.state(net), state)).isTrue();
        Fixtures.fit(net, Fixtures.batches(TYPE, 2));
        assertThat(Fixtures.isFinite(net.params())).isTrue();
    }

    @Test
    void batchesOfAnySizeEnterTheFactors() {
        KFac updater = Fixtures.kfac()
                .curvature(Curvature.EMPIRICAL_FISHER)
                .statisticsInterval(1)
                .build();
        MultiLayerNetwork net = Fixtures.mlp(updater, TYPE);
        KFacListener.attach(net);
        INDArray expected = Nd4j.zeros(TYPE, Fixtures.FEATURES + 1, Fixtures.FEATURES + 1);
        List<Integer> sizes = List.of(12, 5, 1, 40);
        for (int size : sizes) {
            DataSet batch = Fixtures.batch(TYPE, size, size);
            INDArray rows = Nd4j.hstack(batch.getFeatures(), Nd4j.ones(TYPE, size, 1));
            expected.addi(rows.transpose().mmul(rows).divi((double) size * sizes.size()));
            net.fit(batch);
        }
        INDArray factor = Fixtures.block(net, "0").state().get("A");
        for (int i = 0; i <= Fixtures.FEATURES; i++) {
            for (int j = 0; j <= i; j++) {
                assertThat(factor.getDouble(i, j)).isCloseTo(expected.getDouble(i, j), within(1e-12));
            }
        }
        assertThat(Fixtures.isFinite(net.params())).isTrue();
    }

    private static org.assertj.core.data.Offset<Double> within(double tolerance) {
        return org.assertj.core.data.Offset.offset(tolerance);
    }

    @ParameterizedTest
    @EnumSource(Curvature.class)
    void aSingularFactorIsSurvivedAndReportedOnce(Curvature curvature) {
        // the first layer is dead, so the second sees zeros, and there is no damping
        MultiLayerNetwork net = Fixtures.started(
                Fixtures.base(Fixtures.kfac().damping(0).curvature(curvature).build(), DataType.FLOAT)
                        .list()
                        .layer(new DenseLayer.Builder()
                                .nIn(Fixtures.FEATURES)
                                .nOut(5)
                                .activation(Activation.RELU)
                                .biasInit(-100)
                                .build())
                        .layer(Fixtures.dense(5, 4))
                        .layer(Fixtures.output(4))
                        .build());
        KFacListener.attach(net);
        try (LogCapture log = new LogCapture()) {
            Fixtures.fit(net, Fixtures.batches(DataType.FLOAT, 12));
            assertThat(log.warnings().stream().filter(line -> line.contains("'0'")))
                    .hasSize(1);
            assertThat(log.warnings().stream().filter(line -> line.contains("'1'")))
                    .hasSize(1);
        }
        assertThat(Fixtures.isFinite(net.params())).isTrue();
        assertThat(Fixtures.isFinite(Fixtures.state(net))).isTrue();
    }

    @Test
    void wideInputsGetADoublyFactoredBlockAndWideOutputsTheFallbackUpdater() {
        MultiLayerNetwork net =
                Fixtures.mlp(Fixtures.kfac().maxFactorDimension(4).build(), TYPE);
        try (LogCapture log = new LogCapture()) {
            KFacListener.attach(net);
            assertThat(log.infos().get(0)).contains("its 5 outputs exceed maxFactorDimension 4");
        }
        List<BoundBlock> blocks = Sessions.find(net).blocks();
        assertThat(blocks).isNotEmpty().noneMatch(block -> block.plan().name().equals("0"));
        assertThat(blocks).anyMatch(block -> block.kind() == DoublyFactoredBlock.TYPE);
        INDArray before = net.params().dup();
        Fixtures.fit(net, Fixtures.batches(TYPE, 3));
        for (int i = 0; i < net.getnLayers(); i++) {
            assertThat(net.getLayer(i)
                            .params()
                            .sub(before.reshape(new long[] {before.length()}).get(part(net, i)))
                            .norm2Number()
                            .doubleValue())
                    .as("layer %s", i)
                    .isPositive();
        }
    }

    private static org.nd4j.linalg.indexing.INDArrayIndex part(MultiLayerNetwork net, int layer) {
        long start = 0;
        for (int i = 0; i < layer; i++) {
            start += net.getLayer(i).numParams();
        }
        return org.nd4j.linalg.indexing.NDArrayIndex.interval(
                start, start + net.getLayer(layer).numParams());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void theComputedSizeOfTheStateIsItsSize(Kind kind) {
        Model model = kind.create(Fixtures.kfac().build(), TYPE);
        KFacListener.attach(model);
        long computed = NetworkPlan.of(KFacListener.UPDATERS, io.github.dl4jkfac.capture.NetworkView.of(model))
                .stateSizes()
                .values()
                .stream()
                .mapToLong(Long::longValue)
                .sum();
        assertThat(computed).isEqualTo(Fixtures.state(model).length());
    }

    @Test
    void stateThatAnIntCannotIndexIsRefused() {
        NetworkPlan.requireIndexable(Map.of("a", 1L << 30, "b", (1L << 30) - 1));
        assertThatThrownBy(() -> NetworkPlan.requireIndexable(Map.of("a", (1L << 30) + 1, "b", (1L << 30) - 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'a'")
                .hasMessageContaining("maxFactorDimension")
                .hasMessageContaining("2147483648");
        assertThatThrownBy(() -> NetworkPlan.requireIndexable(Map.of("huge", 40_000_000_000L)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'huge'");
    }
}
