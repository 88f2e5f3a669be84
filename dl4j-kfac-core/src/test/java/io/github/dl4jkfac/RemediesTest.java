package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.LogCapture;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.datasets.iterator.utilty.SingletonDataSetIterator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.saver.InMemoryModelSaver;
import org.deeplearning4j.earlystopping.scorecalc.DataSetLossCalculator;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.termination.MaxScoreIterationTerminationCondition;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingTrainer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.variational.BernoulliReconstructionDistribution;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.transferlearning.TransferLearningHelper;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.listeners.ScoreIterationListener;
import org.deeplearning4j.parallelism.ParallelWrapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

/** What messages tell the user to do helps: each test reads the remedy, does it, and goes on. */
class RemediesTest {

    private static final DataType TYPE = DataType.DOUBLE;
    private static final DataSet BATCH = Fixtures.batch(TYPE, Fixtures.BATCH, 5);

    /** The first layer of autoencoders that Adam has trained, the same for all updaters; variational or not. */
    private static final Map<Boolean, INDArray> PRETRAINED = new HashMap<>();

    static Stream<NaturalGradientUpdater> updaters() {
        return NetworkLivesTest.UPDATERS.values().stream().map(updater -> updater.get());
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void fitAfterSetListeners(NaturalGradientUpdater updater) {
        MultiLayerNetwork net = Fixtures.mlp(updater, TYPE);
        KFacListener.attach(net);
        net.fit(BATCH);
        net.setListeners(new ScoreIterationListener(1));
        assertThatThrownBy(() -> net.fit(BATCH))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("The " + updater.name() + " updater is not connected")
                .hasMessageContaining("before fit(): KFacListener.attach(net);")
                .hasMessageContaining("after net.setListeners(...)");
        KFacListener.attach(net);
        net.fit(BATCH);
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void pretrainTakesTheFallbacksSteps(NaturalGradientUpdater updater) {
        for (boolean variational : new boolean[] {false, true}) {
            MultiLayerNetwork late = autoencoder(updater, variational);
            assertThatThrownBy(() -> pretrain(late, 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("before the first pretrain(): KFacListener.attach(net);")
                    .hasMessageContaining("go on with net.clone()");
            MultiLayerNetwork net = late.clone();
            KFacListener.attach(net);
            pretrain(net, 1);
            pretrain(net, 20);
            INDArray expected = PRETRAINED.computeIfAbsent(variational, key -> {
                MultiLayerNetwork adam = autoencoder(new Adam(1e-3), key);
                pretrain(adam, 1);
                pretrain(adam, 20);
                return adam.getLayer(0).params().dup();
            });
            assertThat(Fixtures.sameBits(net.getLayer(0).params(), expected)).isTrue();
            net.fit(BATCH);
            assertThat(Fixtures.isFinite(net.params())).isTrue();
        }
    }

    private static MultiLayerNetwork autoencoder(IUpdater updater, boolean variational) {
        return Fixtures.started(Fixtures.base(updater, TYPE)
                .list()
                .layer(
                        variational
                                ? new VariationalAutoencoder.Builder()
                                        .nIn(Fixtures.FEATURES)
                                        .nOut(4)
                                        .encoderLayerSizes(7)
                                        .decoderLayerSizes(7)
                                        .reconstructionDistribution(new BernoulliReconstructionDistribution())
                                        .build()
                                : new AutoEncoder.Builder()
                                        .nIn(Fixtures.FEATURES)
                                        .nOut(4)
                                        .corruptionLevel(0)
                                        .build())
                .layer(Fixtures.output(4))
                .build());
    }

    private static void pretrain(MultiLayerNetwork net, int steps) {
        org.nd4j.linalg.factory.Nd4j.getRandom().setSeed(3);
        DataSet data = new DataSet(BATCH.getFeatures().gt(0).castTo(TYPE), BATCH.getLabels());
        for (int i = 0; i < steps; i++) {
            net.pretrain(new SingletonDataSetIterator(data));
        }
    }

    @Test
    void helperTrainsItsOwnNetwork() {
        TransferLearningHelper helper = new TransferLearningHelper(Fixtures.mlp(new KFac(), TYPE), 0);
        DataSet features = helper.featurize(BATCH.copy());
        assertThatThrownBy(() -> helper.fitFeaturized(features))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("before fitFeaturized(): KFacListener.attach(helper.unfrozenMLN());");
        KFacListener.attach(helper.unfrozenMLN());
        INDArray before = helper.unfrozenMLN().params().dup();
        helper.fitFeaturized(features);
        assertThat(Fixtures.sameBits(helper.unfrozenMLN().params(), before)).isFalse();
    }

    @Test
    void earlyStoppingSaysWhyItEnds() {
        MultiLayerNetwork net = Fixtures.mlp(new KFac(), TYPE);
        try (LogCapture log = new LogCapture()) {
            assertThatThrownBy(() -> earlyStopping(net))
                    .isInstanceOf(NullPointerException.class); // Deeplearning4j's own
            assertThat(log.errors())
                    .anySatisfy(error -> assertThat(error)
                            .contains("Early stopping ends here", "before fit(): KFacListener.attach(net);"));
        }
        KFacListener.attach(net);
        assertThat(earlyStopping(net).getTerminationReason())
                .isEqualTo(EarlyStoppingResult.TerminationReason.EpochTerminationCondition);
    }

    private static EarlyStoppingResult<MultiLayerNetwork> earlyStopping(MultiLayerNetwork net) {
        ListDataSetIterator<DataSet> data = new ListDataSetIterator<>(BATCH.asList(), Fixtures.BATCH);
        return new EarlyStoppingTrainer(
                        new EarlyStoppingConfiguration.Builder<MultiLayerNetwork>()
                                .modelSaver(new InMemoryModelSaver<>())
                                .scoreCalculator(new DataSetLossCalculator(
                                        new ListDataSetIterator<>(BATCH.asList(), Fixtures.BATCH), true))
                                .iterationTerminationConditions(new MaxScoreIterationTerminationCondition(1e9))
                                .epochTerminationConditions(new MaxEpochsTerminationCondition(2))
                                .build(),
                        net,
                        data)
                .fit();
    }

    @Test
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void parallelWrapperIsBuiltAfterAttach() throws Exception {
        MultiLayerNetwork net = Fixtures.mlp(Fixtures.kfac().build(), TYPE);
        try (ParallelWrapper wrapper = wrapper(net)) {
            KFacListener.attach(net);
            assertThatThrownBy(() -> wrapper.fit(examples()))
                    .hasStackTraceContaining("before new ParallelWrapper.Builder<>(net): KFacListener.attach(net);");
        }
        MultiLayerNetwork fresh = Fixtures.mlp(Fixtures.kfac().build(), TYPE);
        KFacListener.attach(fresh);
        INDArray before = fresh.params().dup();
        try (ParallelWrapper wrapper = wrapper(fresh)) {
            wrapper.fit(examples());
        }
        assertThat(Fixtures.sameBits(fresh.params(), before)).isFalse();
        assertThat(Fixtures.isFinite(fresh.params())).isTrue();
    }

    private static ParallelWrapper wrapper(MultiLayerNetwork net) {
        return new ParallelWrapper.Builder<Model>(net)
                .workers(2)
                .prefetchBuffer(2)
                .averagingFrequency(2)
                .trainingMode(ParallelWrapper.TrainingMode.AVERAGING)
                .build();
    }

    private static ListDataSetIterator<DataSet> examples() {
        return new ListDataSetIterator<>(
                Fixtures.batches(TYPE, 8).stream()
                        .flatMap(batch -> batch.asList().stream())
                        .toList(),
                Fixtures.BATCH);
    }

    @Test
    void gradientsOfSomebodyElseNeedAnotherUpdater() {
        MultiLayerNetwork net = Fixtures.mlp(new KFac(), TYPE);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> update(net))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("use another updater, such as Adam")
                    .hasMessageNotContaining("attach");
            KFacListener.attach(net);
        }
        MultiLayerNetwork adam = new TransferLearning.Builder(net)
                .fineTuneConfiguration(
                        new FineTuneConfiguration.Builder().updater(new Adam()).build())
                .build();
        update(adam);
    }

    private static void update(MultiLayerNetwork net) {
        net.setInput(BATCH.getFeatures());
        net.setLabels(BATCH.getLabels());
        net.initGradientsView();
        net.computeGradientAndScore();
        DefaultGradient gradient = new DefaultGradient(net.gradient().gradient().dup());
        net.gradient().gradientForVariable().forEach(gradient::setGradientFor);
        net.getUpdater().update(net, gradient, 0, 0, Fixtures.BATCH, LayerWorkspaceMgr.noWorkspaces());
    }

    @Test
    void attachByAListenerIsRefused() {
        MultiLayerNetwork net = Fixtures.mlp(new Adam(1e-3), TYPE);
        net.fit(BATCH);
        BaseTrainingListener tooLate = new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                KFacListener.swapUpdater(model, new KFac());
            }
        };
        net.setListeners(tooLate);
        IUpdater before = net.getLayer(0).conf().getLayer().getUpdaterByParam("W");
        assertThatThrownBy(() -> net.fit(BATCH))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("called by a listener, while the network takes a step")
                .hasMessageContaining("between two calls of fit()");
        assertThat(net.getLayer(0).conf().getLayer().getUpdaterByParam("W")).isEqualTo(before);
        net.setListeners(new ScoreIterationListener(1));
        KFacListener.swapUpdater(net, new KFac());
        net.fit(BATCH);
    }

    @Test
    void wrappedLayersThatFineTuningDoesNotReachAreNamed() {
        MultiLayerNetwork adam = Fixtures.started(Fixtures.base(new Adam(1e-3), TYPE)
                .list()
                .layer(new Bidirectional(new LSTM.Builder().nIn(3).nOut(4).build()))
                .layer(new LastTimeStep(new LSTM.Builder().nIn(8).nOut(4).build()))
                .layer(Fixtures.dense(4, 4))
                .layer(Fixtures.output(4))
                .build());
        MultiLayerNetwork net = new TransferLearning.Builder(adam)
                .fineTuneConfiguration(
                        new FineTuneConfiguration.Builder().updater(new KFac()).build())
                .build();
        try (LogCapture log = new LogCapture()) {
            KFacListener.attach(net);
            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .contains("{0=Adam, 1=Adam}", "the others have KFac", "KFacListener.swapUpdater(net, updater)");
        }
        KFacListener.swapUpdater(net, new KFac());
        assertQuiet(net.clone());
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.EnumSource(GradientNormalization.class)
    void clippingIsWarnedOf(GradientNormalization kind) {
        MultiLayerNetwork net = Fixtures.mlp(Fixtures.base(new KFac(), TYPE).gradientNormalization(kind));
        if (kind == GradientNormalization.None) {
            assertQuiet(net);
            return;
        }
        try (LogCapture log = new LogCapture()) {
            KFacListener.attach(net);
            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .contains("gradientNormalization(" + kind + ") of layers [0, 1, 2]", "Leave it out");
        }
        assertQuiet(Fixtures.mlp(Fixtures.base(new FAdam(), TYPE).gradientNormalization(kind)));
    }

    private static void assertQuiet(Model model) {
        try (LogCapture log = new LogCapture()) {
            KFacListener.attach(model);
            assertThat(log.warnings()).isEmpty();
        }
    }
}
