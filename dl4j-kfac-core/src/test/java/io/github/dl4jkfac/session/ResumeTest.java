package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.NaturalGradientUpdater;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.saver.LocalFileModelSaver;
import org.deeplearning4j.earlystopping.scorecalc.DataSetLossCalculator;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingTrainer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.listeners.CheckpointListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** Training that is interrupted goes on as if it had not been, to the last bit, whichever of DL4J's savers was used. */
class ResumeTest {

    /** Statistics every 2 steps, inverses every 4: after 5 steps both cycles are under way. */
    private static final int INTERRUPTED_AT = 5;

    private static final int STEPS = 13;

    @TempDir
    File folder;

    static Stream<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            // in turn: what a file keeps of one updater does not depend on both the precision and the kind of network
            boolean even = kind.ordinal() % 2 == 0;
            DataType one = even ? DataType.FLOAT : DataType.DOUBLE;
            DataType other = even ? DataType.DOUBLE : DataType.FLOAT;
            cases.add(Arguments.of(kind, DataType.FLOAT, Fixtures.kfac().build()));
            cases.add(Arguments.of(kind, DataType.DOUBLE, Fixtures.kfac().build()));
            cases.add(Arguments.of(kind, one, ekfac()));
            cases.add(Arguments.of(kind, other, Fixtures.kfac().automatic().build()));
            Curvature curvature = even ? Curvature.EMPIRICAL_FISHER : Curvature.IMPROVED_EMPIRICAL_FISHER;
            cases.add(Arguments.of(
                    kind, DataType.FLOAT, Fixtures.kfac().curvature(curvature).build()));
        }
        return cases.stream();
    }

    private static EKFac ekfac() {
        return EKFac.builder()
                .learningRate(0.1)
                .damping(0.05)
                .statisticsInterval(2)
                .basisInterval(4)
                .build();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void resumedTrainingIsBitEqual(Kind kind, DataType type, NaturalGradientUpdater updater) throws Exception {
        List<DataSet> batches = Fixtures.batches(type, STEPS);
        Model uninterrupted = kind.create(updater, type);
        KFacListener listener = KFacListener.attach(uninterrupted);
        Fixtures.fit(uninterrupted, batches.subList(0, INTERRUPTED_AT));
        Model restored = Fixtures.throughFile(uninterrupted, new File(folder, "net.zip"));
        Model cloned = Fixtures.copy(uninterrupted);
        Fixtures.fit(uninterrupted, batches.subList(INTERRUPTED_AT, STEPS));

        for (Model resumed : List.of(restored, cloned)) {
            KFacListener again = KFacListener.attach(resumed);
            assertThat(again.report(resumed).steps()).isEqualTo(INTERRUPTED_AT);
            Fixtures.fit(resumed, batches.subList(INTERRUPTED_AT, STEPS));
            Fixtures.assertSameTraining(resumed, uninterrupted);
            assertThat(again.report(resumed).steps())
                    .isEqualTo(listener.report(uninterrupted).steps())
                    .isEqualTo(STEPS);
        }
    }

    @Test
    void twoRunsAreBitEqual() {
        List<DataSet> batches = Fixtures.batches(DataType.FLOAT, STEPS);
        List<Model> nets = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            Model net = Kind.SEQUENTIAL.create(Fixtures.kfac().build(), DataType.FLOAT);
            KFacListener.attach(net);
            Fixtures.fit(net, batches);
            nets.add(net);
        }
        Fixtures.assertSameTraining(nets.get(0), nets.get(1));
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.EnumSource(Kind.class)
    void checkpointsResumeBitEqual(Kind kind) throws Exception {
        List<DataSet> batches = Fixtures.batches(DataType.FLOAT, STEPS);
        Model uninterrupted = kind.create(Fixtures.kfac().build(), DataType.FLOAT);
        KFacListener.attach(uninterrupted);
        CheckpointListener checkpoints = new CheckpointListener.Builder(folder)
                .saveEveryNIterations(3)
                .keepAll()
                .build();
        uninterrupted.addListeners(checkpoints);
        Fixtures.fit(uninterrupted, batches);

        File first = checkpoints.getFileForCheckpoint(
                checkpoints.availableCheckpoints().get(1));
        Model resumed = Fixtures.read(uninterrupted, first);
        int done = (int) KFacListener.attach(resumed).report(resumed).steps();
        assertThat(done).isPositive().isLessThan(STEPS);
        if (kind == Kind.SPLIT_BLOCKS || kind == Kind.WITH_FALLBACK) {
            // DL4J saves its iteration one short, before it counts; Adam, which the fallback is, depends on it.
            ((MultiLayerNetwork) resumed).setIterationCount(done);
        }
        Fixtures.fit(resumed, batches.subList(done, STEPS));
        Fixtures.assertSameTraining(resumed, uninterrupted);
    }

    @Test
    void earlyStoppingTrainsAndItsFileResumes() throws Exception {
        List<DataSet> batches = Fixtures.batches(DataType.FLOAT, 5);
        MultiLayerNetwork plain = Fixtures.mlp(Fixtures.kfac().build(), DataType.FLOAT);
        KFacListener.attach(plain);
        double before = plain.score(batches.get(0));

        MultiLayerNetwork stopped = Fixtures.mlp(Fixtures.kfac().build(), DataType.FLOAT);
        KFacListener.attach(stopped);
        EarlyStoppingConfiguration<MultiLayerNetwork> conf = new EarlyStoppingConfiguration.Builder<MultiLayerNetwork>()
                .epochTerminationConditions(new MaxEpochsTerminationCondition(3))
                .iterationTerminationConditions(
                        new org.deeplearning4j.earlystopping.termination.MaxTimeIterationTerminationCondition(
                                1, TimeUnit.MINUTES))
                .scoreCalculator(new DataSetLossCalculator(iterator(batches), true))
                .modelSaver(new LocalFileModelSaver(folder.getPath()))
                .saveLastModel(true)
                .build();
        EarlyStoppingResult<MultiLayerNetwork> result =
                new EarlyStoppingTrainer(conf, stopped, iterator(batches)).fit();
        assertThat(result.getTerminationReason())
                .isEqualTo(EarlyStoppingResult.TerminationReason.EpochTerminationCondition);
        assertThat(result.getBestModelScore()).isLessThan(before);
        MultiLayerNetwork resumed = conf.getModelSaver().getLatestModel();
        Fixtures.assertSameTraining(resumed, stopped);

        KFacListener again = KFacListener.attach(resumed);
        assertThat(again.report(resumed).steps()).isEqualTo(15);
        Fixtures.fit(resumed, batches);
        Fixtures.fit(stopped, batches);
        Fixtures.assertSameTraining(resumed, stopped);
    }

    private static ListDataSetIterator<DataSet> iterator(List<DataSet> batches) {
        return new ListDataSetIterator<>(
                batches.stream().flatMap(batch -> batch.asList().stream()).toList(), Fixtures.BATCH);
    }

    @Test
    void aFileWithoutUpdaterStateStartsAfresh() throws Exception {
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, 8);
        MultiLayerNetwork net = Fixtures.mlp(Fixtures.kfac().build(), DataType.DOUBLE);
        KFacListener.attach(net);
        Fixtures.fit(net, batches.subList(0, 4));
        File file = new File(folder, "bare.zip");
        org.deeplearning4j.util.ModelSerializer.writeModel(net, file, false);
        MultiLayerNetwork bare = org.deeplearning4j.util.ModelSerializer.restoreMultiLayerNetwork(file, false);
        KFacListener listener = KFacListener.attach(bare);
        assertThat(listener.report(bare).steps()).isZero();
        double before = bare.score(batches.get(0));
        Fixtures.fit(bare, batches);
        assertThat(bare.score(batches.get(0))).isLessThan(before);
    }

    @Test
    void aLayerWithOneInputResumes() throws Exception {
        // as many biases as weights: the two must not be mistaken for each other
        MultiLayerNetwork net = Fixtures.started(Fixtures.base(Fixtures.kfac().build(), DataType.DOUBLE)
                .list()
                .layer(Fixtures.dense(1, 4))
                .layer(Fixtures.output(4))
                .build());
        KFacListener.attach(net);
        DataSet wide = Fixtures.batch(DataType.DOUBLE, 12, 1);
        INDArray column = wide.getFeatures().getColumn(0, true).dup();
        DataSet batch = new DataSet(column, wide.getLabels());
        for (int i = 0; i < INTERRUPTED_AT; i++) {
            net.fit(batch);
        }
        MultiLayerNetwork resumed = (MultiLayerNetwork) Fixtures.throughFile(net, new File(folder, "one.zip"));
        KFacListener.attach(resumed);
        for (int i = 0; i < INTERRUPTED_AT; i++) {
            net.fit(batch);
            resumed.fit(batch);
        }
        Fixtures.assertSameTraining(resumed, net);
    }
}
