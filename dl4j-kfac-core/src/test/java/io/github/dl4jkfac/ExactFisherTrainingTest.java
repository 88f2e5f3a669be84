package io.github.dl4jkfac;

import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.diagnostics.SkipReason;
import io.github.dl4jkfac.plan.Method;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import io.github.dl4jkfac.testing.LogCapture;
import java.io.File;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;
import org.nd4j.serde.json.JsonMappers;
import org.nd4j.shade.jackson.core.JsonProcessingException;

/** {@link ExactFisher} as an updater of Deeplearning4j: files, copies, all kinds of networks, and what it refuses. */
@Tag("training")
class ExactFisherTrainingTest {

    @TempDir
    File folder;

    /** Every method, with its defaults. */
    private enum Method {
        IEF(ExactFisher.builder()),
        IEF_TIKHONOV(ExactFisher.builder().tikhonovDamping()),
        EF(ExactFisher.builder().curvature(Curvature.EMPIRICAL_FISHER)),
        SF(ExactFisher.builder().curvature(Curvature.SAMPLED_FISHER)),
        RANDOM_SIGNS(ExactFisher.builder().curvature(Curvature.RANDOM_SIGN_FISHER)),
        EGN(ExactFisher.builder().curvature(Curvature.EXACT_FISHER)),
        FNGD(ExactFisher.builder()
                .curvature(Curvature.EMPIRICAL_FISHER)
                .layerWise()
                .reuseCoefficients(CoefficientReuse.BY_POSITION, 3 * Fixtures.BATCH));

        private final ExactFisher updater;

        Method(ExactFisher.Builder builder) {
            this.updater = builder.build();
        }
    }

    static Stream<Arguments> cases() {
        return Stream.of(Method.values())
                .flatMap(method -> Stream.of(Kind.values()).map(kind -> Arguments.of(method, kind)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theLossFalls(Method method, Kind kind) {
        Model model = kind.create(method.updater, DataType.FLOAT);
        KFacListener listener = KFacListener.attach(model);
        DataSet data = Fixtures.batch(DataType.FLOAT, 48, 7);
        Fixtures.fit(model, data);
        double before =
                model.score(); // in training mode, unlike a score of batch normalisation with running statistics
        // the rows of a network with batch normalisation are an approximation
        double enough = (kind == Kind.SPLIT_BLOCKS ? 0.97 : 0.8) * before;
        for (int step = 0; step < 40 && model.score() >= enough; step++) {
            Fixtures.fit(model, data);
        }
        assertThat(Fixtures.isFinite(model.params())).isTrue();
        assertThat(model.score()).isLessThan(enough);
        assertThat(listener.report(model).skippedBatches()).isZero();
    }

    static Stream<ExactFisher> layerByLayer() {
        return Stream.of(
                ExactFisher.builder().layerWise().build(),
                ExactFisher.builder().layerWise().tikhonovDamping().build(),
                ExactFisher.builder()
                        .curvature(Curvature.SAMPLED_FISHER)
                        .relativeDamping(0.01)
                        .layerWise()
                        .build(),
                Method.FNGD.updater);
    }

    /** Its matrix is zero, and so is a damping relative to that. */
    @ParameterizedTest
    @MethodSource("layerByLayer")
    void aDeadLayerDoesNotStopTheOthers(ExactFisher updater) {
        MultiLayerNetwork net = withDeadLayer(updater, Fixtures.output(4));
        KFacListener listener = KFacListener.attach(net);
        INDArray dead = net.getLayer(0).params().dup();
        INDArray alive = net.getLayer(1).getParam("b").dup();
        Fixtures.fit(net, Fixtures.batches(DataType.FLOAT, 6));
        assertThat(listener.report(net).skippedBatches()).isZero();
        assertThat(Fixtures.sameBits(net.getLayer(0).params(), dead)).isTrue();
        assertThat(Fixtures.sameBits(net.getLayer(1).getParam("b"), alive)).isFalse();
    }

    @ParameterizedTest
    @MethodSource("layerByLayer")
    void aBatchThatMovesNoLayerIsLeftOut(ExactFisher updater) {
        OutputLayer output = new OutputLayer.Builder(LossFunction.MSE)
                .nIn(4)
                .nOut(Fixtures.CLASSES)
                .activation(Activation.RELU)
                .biasInit(-1e3)
                .build();
        MultiLayerNetwork net = withDeadLayer(updater, output);
        KFacListener listener = KFacListener.attach(net);
        INDArray before = net.params().dup();
        Fixtures.fit(net, Fixtures.batches(DataType.FLOAT, 2));
        assertThat(listener.report(net).skipped()).isEqualTo(Map.of(SkipReason.ZERO_DERIVATIVES, 2L));
        assertThat(Fixtures.sameBits(net.params(), before)).isTrue();
    }

    private static MultiLayerNetwork withDeadLayer(ExactFisher updater, Layer output) {
        Layer dead = new DenseLayer.Builder()
                .nIn(Fixtures.FEATURES)
                .nOut(4)
                .activation(Activation.RELU)
                .biasInit(-1e3)
                .build();
        return Fixtures.started(
                Fixtures.base(updater, DataType.FLOAT).list(dead, output).build());
    }

    /** What is saved depends on the method and the network apart from each other: each method with two kinds of network. */
    static Stream<Arguments> saved() {
        Kind[] kinds = Kind.values();
        return Stream.of(Method.values())
                .flatMap(method -> Stream.of(0, 1)
                        .map(i -> Arguments.of(method, kinds[(2 * method.ordinal() + i) % kinds.length])));
    }

    @ParameterizedTest
    @MethodSource("saved")
    void resumedTrainingIsBitEqual(Method method, Kind kind) throws Exception {
        List<DataSet> batches = Fixtures.batches(DataType.FLOAT, 8);
        Model uninterrupted = kind.create(method.updater, DataType.FLOAT);
        KFacListener.attach(uninterrupted);
        Fixtures.fit(uninterrupted, batches.subList(0, 5));
        Model restored = Fixtures.throughFile(uninterrupted, new File(folder, "net.zip"));
        Model cloned = Fixtures.copy(uninterrupted);
        Fixtures.fit(uninterrupted, batches.subList(5, 8));
        for (Model resumed : List.of(restored, cloned)) {
            KFacListener.attach(resumed);
            Fixtures.fit(resumed, batches.subList(5, 8));
            Fixtures.assertSameTraining(resumed, uninterrupted);
        }
    }

    @Test
    void nothingButMomentumIsKept() {
        Model model = Kind.SEQUENTIAL.create(new ExactFisher(), DataType.FLOAT);
        KFacListener.attach(model);
        Fixtures.fit(model, Fixtures.batches(DataType.FLOAT, 1));
        // momentum, and for each of three layers some counters, the numbers of the network and the label of 32 numbers
        assertThat(Fixtures.state(model).length()).isLessThan(model.numParams() + 50 + 3 * (15 + 32));
    }

    @Test
    void jsonKeepsAllOptions() throws JsonProcessingException {
        ISchedule schedule = new StepSchedule(ScheduleType.ITERATION, 0.1, 0.5, 10);
        List<ExactFisher> all = List.of(
                new ExactFisher(),
                ExactFisher.builder().tikhonovDamping().relativeDamping(0.3).build(),
                ExactFisher.builder()
                        .curvature(Curvature.EMPIRICAL_FISHER)
                        .layerWise()
                        .reuseCoefficients(CoefficientReuse.BY_ORDER, 77)
                        .fallback(new Adam(0.2))
                        .build(),
                ExactFisher.builder()
                        .curvature(Curvature.EXACT_FISHER)
                        .damping(schedule)
                        .learningRate(schedule)
                        .adaptiveDamping()
                        .lineSearch()
                        .momentum(0.2)
                        .klClip(3)
                        .seed(9)
                        .build());
        for (ExactFisher updater : all) {
            String json = JsonMappers.getMapper().writeValueAsString(updater);
            IUpdater read = JsonMappers.getMapper().readValue(json, IUpdater.class);
            assertThat(read).isEqualTo(updater).hasSameHashCodeAs(updater).hasToString(updater.toString());
            assertThat(updater.clone()).isEqualTo(updater).isNotSameAs(updater);
            assertThat(all.stream().filter(updater::equals)).hasSize(1);
        }
    }

    @Test
    void defaultsFollowTheCurvature() {
        ExactFisher.Builder builder = ExactFisher.builder();
        assertThat(builder.build()).isEqualTo(new ExactFisher());
        assertThat(builder.build().hyperparameters().step().learningRate())
                .isEqualTo(ExactFisher.DEFAULT_IMPROVED_LEARNING_RATE);
        ExactFisher exact = builder.curvature(Curvature.EXACT_FISHER).build();
        assertThat(exact)
                .isEqualTo(ExactFisher.builder()
                        .curvature(Curvature.EXACT_FISHER)
                        .learningRate(ExactFisher.DEFAULT_LEARNING_RATE)
                        .klClip(ExactFisher.DEFAULT_KL_CLIP)
                        .build());
        assertThat(exact.hyperparameters().refresh().damping()).isEqualTo(ExactFisher.DEFAULT_DAMPING);
        assertThat(exact.options()).contains(ExactFisher.DEFAULT_RELATIVE_DAMPING);
        assertThat(builder.curvature(Curvature.EMPIRICAL_FISHER)
                        .build()
                        .hyperparameters()
                        .refresh()
                        .damping())
                .isEqualTo(ExactFisher.DEFAULT_EMPIRICAL_DAMPING);
        ExactFisher fngd = builder.layerWise()
                .reuseCoefficients(CoefficientReuse.BY_ORDER, 10)
                .build();
        assertThat(fngd)
                .isEqualTo(builder.relativeDamping(ExactFisher.DEFAULT_REUSE_DAMPING)
                        .build());
    }

    @Test
    void theLastDampingSetCounts() {
        ExactFisher relative =
                ExactFisher.builder().damping(0.5).relativeDamping(0.2).build();
        assertThat(relative)
                .isEqualTo(ExactFisher.builder().relativeDamping(0.2).build());
        ExactFisher absolute =
                ExactFisher.builder().relativeDamping(0.2).damping(0.5).build();
        assertThat(absolute.toString()).contains("damping=0.5").isNotEqualTo(relative.toString());
        assertThat(absolute).isNotEqualTo(relative);
    }

    @Test
    void badOptionsAreRefused() {
        assertThatThrownBy(() -> ExactFisher.builder().relativeDamping(-1).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("ExactFisher", "relativeDamping", "-1");
        assertThatThrownBy(() -> ExactFisher.builder().damping(Double.NaN).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("ExactFisher", "damping", "NaN");
        assertThatThrownBy(() -> ExactFisher.builder()
                        .curvature(Curvature.EMPIRICAL_FISHER)
                        .tikhonovDamping()
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("tikhonovDamping", "EMPIRICAL_FISHER");
        assertThatThrownBy(() -> ExactFisher.builder()
                        .layerWise()
                        .reuseCoefficients(CoefficientReuse.BY_ORDER, 10)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("EMPIRICAL_FISHER");
        assertThatThrownBy(() -> ExactFisher.builder()
                        .curvature(Curvature.EMPIRICAL_FISHER)
                        .reuseCoefficients(CoefficientReuse.BY_ORDER, 10)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("layerWise");
        assertThatThrownBy(() -> ExactFisher.builder()
                        .curvature(Curvature.EMPIRICAL_FISHER)
                        .layerWise()
                        .reuseCoefficients(CoefficientReuse.BY_ORDER, 0)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("samplesPerEpoch", "0");
        assertThatThrownBy(() -> ExactFisher.builder().curvature(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> ExactFisher.builder().fallback(new KFac())).hasMessageContaining("KFac");
    }

    @Test
    void layersMustShareTheOptions() {
        MultiLayerNetwork net = Fixtures.started(Fixtures.base(new ExactFisher(), DataType.FLOAT)
                .list()
                .layer(Fixtures.dense(Fixtures.FEATURES, 4))
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .updater(ExactFisher.builder().relativeDamping(0.5).build())
                        .nIn(4)
                        .nOut(Fixtures.CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build());
        assertThatThrownBy(() -> KFacListener.attach(net))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("whole network");
    }

    @Test
    void tooManyRowsAreRefusedBeforeTheyAreMade() {
        int outputs = 100;
        MultiLayerNetwork net = Fixtures.started(Fixtures.base(
                        ExactFisher.builder().curvature(Curvature.EXACT_FISHER).build(), DataType.FLOAT)
                .list()
                .layer(new OutputLayer.Builder(LossFunction.XENT)
                        .nIn(2)
                        .nOut(outputs)
                        .activation(Activation.SIGMOID)
                        .build())
                .build());
        KFacListener.attach(net);
        INDArray before = net.params().dup();
        INDArray x = normal(1, 82, 2).castTo(DataType.FLOAT);
        INDArray y = Nd4j.zeros(DataType.FLOAT, 82, outputs);
        assertThatThrownBy(() -> net.fit(new DataSet(x, y)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("8200 rows", "8192", "RANDOM_SIGN_FISHER", "smaller batches");
        assertThat(Fixtures.sameBits(net.params(), before)).isTrue();
    }

    @Test
    void batchNormalisationIsMentionedOnce() {
        try (LogCapture log = new LogCapture()) {
            Model model = Kind.SPLIT_BLOCKS.create(new ExactFisher(), DataType.FLOAT);
            KFacListener.attach(model);
            Fixtures.fit(model, Fixtures.batches(DataType.FLOAT, 3));
            assertThat(log.warnings()).hasSize(1);
            assertThat(log.warnings().get(0)).contains("ExactFisher", "batch normalisation");
        }
        try (LogCapture log = new LogCapture()) {
            KFacListener.attach(Kind.SEQUENTIAL.create(new ExactFisher(), DataType.FLOAT));
            assertThat(log.warnings()).isEmpty();
        }
    }

    /** A hinge loss has no distribution of targets: the empirical Fisher exists all the same. */
    @ParameterizedTest
    @EnumSource(
            value = Curvature.class,
            names = {"SAMPLED_FISHER", "EXACT_FISHER", "IMPROVED_EMPIRICAL_FISHER"})
    void anyLossWillDo(Curvature curvature) {
        NeuralNetConfiguration.Builder base =
                Fixtures.base(ExactFisher.builder().curvature(curvature).build(), DataType.FLOAT);
        MultiLayerNetwork net = Fixtures.started(base.list()
                .layer(Fixtures.dense(Fixtures.FEATURES, 4))
                .layer(new OutputLayer.Builder(LossFunction.HINGE)
                        .nIn(4)
                        .nOut(Fixtures.CLASSES)
                        .activation(Activation.IDENTITY)
                        .build())
                .build());
        try (LogCapture log = new LogCapture()) {
            KFacListener.attach(net);
            assertThat(log.warnings()).hasSize(curvature == Curvature.IMPROVED_EMPIRICAL_FISHER ? 0 : 1);
        }
        DataSet data = Fixtures.batch(DataType.FLOAT, 48, 7);
        data.setLabels(data.getLabels().mul(2).sub(1));
        double before = net.score(data);
        for (int step = 0; step < 20; step++) {
            net.fit(data);
        }
        assertThat(net.score(data)).isLessThan(before);
    }

    @Test
    void batchesThatAreNotFiniteAreLeftOut() {
        MultiLayerNetwork net = Fixtures.mlp(new ExactFisher(), DataType.FLOAT);
        KFacListener listener = KFacListener.attach(net);
        Fixtures.fit(net, Fixtures.batches(DataType.FLOAT, 2));
        INDArray before = net.params().dup();
        INDArray state = Fixtures.state(net);
        DataSet broken = Fixtures.batch(DataType.FLOAT, Fixtures.BATCH, 3);
        broken.getFeatures().putScalar(0, 0, Float.NaN);
        net.fit(broken);
        assertThat(Fixtures.sameBits(net.params(), before)).isTrue();
        assertThat(Fixtures.sameBits(Fixtures.state(net), state)).isTrue();
        assertThat(listener.report(net).skippedBatches()).isEqualTo(1);
        Fixtures.fit(net, Fixtures.batches(DataType.FLOAT, 2));
        assertThat(Fixtures.isFinite(net.params())).isTrue();
    }
}
