package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.session.BoundBlock;
import io.github.dl4jkfac.session.Sessions;
import io.github.dl4jkfac.testing.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.dataset.ViewIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/**
 * DL4J's training options act on K-FAC as on any updater: what reaches it is the gradient that plain gradient descent would have
 * subtracted, and its step is that gradient, preconditioned.
 */
class TrainingConventionsTest {

    private static final DataType TYPE = DataType.DOUBLE;
    private static final double RATE = 0.1;

    static Stream<Arguments> options() {
        List<Arguments> options = new ArrayList<>();
        options.add(option("plain", base -> base));
        for (GradientNormalization mode : GradientNormalization.values()) {
            options.add(
                    option(mode.name(), base -> base.gradientNormalization(mode).gradientNormalizationThreshold(1e-3)));
        }
        options.add(option("L1", base -> base.l1(0.05)));
        options.add(option("L2", base -> base.l2(0.05)));
        options.add(option(
                "L1 and L2, biases too",
                base -> base.l1(0.01).l2(0.05).l1Bias(0.02).l2Bias(0.03)));
        options.add(option("sums", base -> base.miniBatch(false)));
        options.add(option("sums with L2", base -> base.miniBatch(false).l2(0.05)));
        options.add(option("dropout", base -> base.dropOut(0.7)));
        return options.stream();
    }

    private static Arguments option(String name, UnaryOperator<NeuralNetConfiguration.Builder> option) {
        return Arguments.of(name, option);
    }

    private static KFac.Builder steepest() {
        return KFac.builder()
                .learningRate(RATE)
                .momentum(0)
                .withoutKlClip()
                .damping(0.1)
                .statisticsInterval(1)
                .inverseInterval(1);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("options")
    void theStepIsThePreconditionedGradient(String name, UnaryOperator<NeuralNetConfiguration.Builder> option) {
        NeuralNetConfiguration.Builder plain = option.apply(Fixtures.base(new Sgd(1), TYPE));
        NeuralNetConfiguration.Builder natural =
                option.apply(Fixtures.base(steepest().build(), TYPE));
        MultiLayerNetwork descent = Fixtures.mlp(plain);
        MultiLayerNetwork net = Fixtures.mlp(natural);
        KFacListener.attach(net);
        DataSet batch = Fixtures.batch(TYPE, Fixtures.BATCH, 3);
        for (int step = 1; step <= 3; step++) {
            descent.setParams(net.params().dup());
            INDArray before = Fixtures.params(net);
            Nd4j.getRandom().setSeed(step);
            descent.fit(batch);
            Nd4j.getRandom().setSeed(step);
            net.fit(batch);
            INDArray gradient = before.sub(descent.params());
            INDArray update = before.sub(net.params());
            if (!net.conf().isMiniBatch()) {
                gradient.divi(Fixtures.BATCH); // curvature is a mean over the batch, and so is what it divides
            }
            requirePreconditioned(net, gradient.ravel(), update.ravel());
        }
    }

    private static void requirePreconditioned(MultiLayerNetwork net, INDArray gradient, INDArray update) {
        long start = 0;
        for (BoundBlock block : Sessions.find(net).blocks()) {
            int inputs = block.shape().inputs();
            int outputs = block.shape().outputs();
            long end = start + (inputs + 1L) * outputs;
            INDArray v = Fixtures.asMatrix(gradient.get(NDArrayIndex.interval(start, end)), inputs, outputs);
            INDArray u = Fixtures.asMatrix(update.get(NDArrayIndex.interval(start, end)), inputs, outputs);
            INDArray expected = block.state()
                    .get("A_inverse")
                    .mmul(v)
                    .mmul(block.state().get("G_inverse"))
                    .muli(RATE);
            assertThat(Fixtures.distance(u, expected)).isLessThan(1e-9);
            start = end;
        }
    }

    @Test
    void weightDecayIsDL4JsOwn() {
        INDArray decayed =
                updateWith(base -> base.weightDecay(0.05, false), steepest().build());
        INDArray bare = updateWith(base -> base, steepest().build());
        INDArray plainDecayed = updateWith(base -> base.weightDecay(0.05, false), new Sgd(1));
        INDArray plainBare = updateWith(base -> base, new Sgd(1));
        assertThat(Fixtures.distance(decayed.sub(bare), plainDecayed.sub(plainBare)))
                .isLessThan(1e-9);
        assertThat(decayed.sub(bare).normmaxNumber().doubleValue()).isPositive();
    }

    private static INDArray updateWith(
            UnaryOperator<NeuralNetConfiguration.Builder> option, org.nd4j.linalg.learning.config.IUpdater updater) {
        MultiLayerNetwork net = Fixtures.mlp(option.apply(Fixtures.base(updater, TYPE)));
        if (updater instanceof KFac) {
            KFacListener.attach(net);
        }
        INDArray before = Fixtures.params(net);
        net.fit(Fixtures.batch(TYPE, Fixtures.BATCH, 3));
        return before.sub(net.params());
    }

    @Test
    void featuresMayHaveAnotherTypeThanTheNetwork() {
        DataSet batch = Fixtures.batch(DataType.DOUBLE, Fixtures.BATCH, 3);
        DataSet narrow = new DataSet(
                batch.getFeatures().castTo(DataType.FLOAT), batch.getLabels().castTo(DataType.FLOAT));
        for (Curvature curvature : Curvature.values()) {
            KFac updater = Fixtures.kfac().curvature(curvature).build();
            MultiLayerNetwork wide = Fixtures.mlp(updater, DataType.FLOAT);
            MultiLayerNetwork same = Fixtures.mlp(updater, DataType.FLOAT);
            KFacListener.attach(wide);
            KFacListener.attach(same);
            for (int i = 0; i < 5; i++) {
                wide.fit(batch);
                same.fit(narrow);
            }
            assertThat(Fixtures.distance(wide.params(), same.params())).isLessThan(1e-4);
        }
    }

    @Test
    void constraintsHold() {
        MultiLayerNetwork net =
                Fixtures.mlp(Fixtures.base(Fixtures.kfac().learningRate(1).build(), TYPE)
                        .constrainWeights(new MaxNormConstraint(0.5, 1)));
        KFacListener.attach(net);
        Fixtures.fit(net, Fixtures.batches(TYPE, 6));
        for (int layer = 0; layer < 3; layer++) {
            double norm = net.getLayer(layer).getParam("W").norm2(1).maxNumber().doubleValue();
            assertThat(norm).isLessThan(0.5 + 1e-6);
        }
    }

    @Test
    void learningRateScheduleByIteration() {
        List<DataSet> batches = Fixtures.batches(TYPE, 9);
        MultiLayerNetwork scheduled = Fixtures.mlp(
                Fixtures.kfac()
                        .learningRate(new MapSchedule.Builder(ScheduleType.ITERATION)
                                .add(0, 0.1)
                                .add(5, 0.02)
                                .build())
                        .build(),
                TYPE);
        MultiLayerNetwork byHand =
                Fixtures.mlp(Fixtures.kfac().learningRate(0.1).build(), TYPE);
        KFacListener.attach(scheduled);
        KFacListener.attach(byHand);
        Fixtures.fit(scheduled, batches);
        Fixtures.fit(byHand, batches.subList(0, 5));
        byHand.setLearningRate(0.02);
        Fixtures.fit(byHand, batches.subList(5, 9));
        Fixtures.assertSameTraining(scheduled, byHand);
    }

    @Test
    void learningRateScheduleByEpoch() {
        DataSet data = Fixtures.batch(TYPE, 48, 3);
        MultiLayerNetwork scheduled = Fixtures.mlp(
                Fixtures.kfac()
                        .learningRate(new StepSchedule(ScheduleType.EPOCH, 0.1, 0.5, 1))
                        .build(),
                TYPE);
        MultiLayerNetwork byHand =
                Fixtures.mlp(Fixtures.kfac().learningRate(0.1).build(), TYPE);
        KFacListener.attach(scheduled);
        KFacListener.attach(byHand);
        for (int epoch = 0; epoch < 3; epoch++) {
            byHand.setLearningRate(0.1 * Math.pow(0.5, epoch));
            byHand.fit(new ViewIterator(data, 12));
            scheduled.fit(new ViewIterator(data, 12));
        }
        assertThat(Fixtures.distance(scheduled.params(), byHand.params())).isLessThan(1e-12);
        assertThat(scheduled.getEpochCount()).isEqualTo(3);
    }

    @Test
    void setLearningRateTakesASchedule() {
        List<DataSet> batches = Fixtures.batches(TYPE, 4);
        MultiLayerNetwork set = Fixtures.mlp(Fixtures.kfac().learningRate(0.7).build(), TYPE);
        KFacListener.attach(set);
        set.setLearningRate(new StepSchedule(ScheduleType.ITERATION, 0.1, 0.5, 2));
        MultiLayerNetwork built = Fixtures.mlp(
                Fixtures.kfac()
                        .learningRate(new StepSchedule(ScheduleType.ITERATION, 0.1, 0.5, 2))
                        .build(),
                TYPE);
        KFacListener.attach(built);
        Fixtures.fit(set, batches);
        Fixtures.fit(built, batches);
        Fixtures.assertSameTraining(set, built);
    }

    @Test
    void dampingScheduleTakesEffectAtTheNextRefresh() {
        MultiLayerNetwork net = Fixtures.mlp(
                Fixtures.kfac()
                        .damping(new MapSchedule.Builder(ScheduleType.ITERATION)
                                .add(0, 1.0)
                                .add(13, 0.25)
                                .build())
                        .build(),
                TYPE);
        KFacListener listener = KFacListener.attach(net);
        Fixtures.fit(net, Fixtures.batches(TYPE, 15));
        assertThat(listener.report(net).damping()).isEqualTo(1.0);
        Fixtures.fit(net, Fixtures.batches(TYPE, 1)); // the inverses follow at the steps 12 and 15
        assertThat(listener.report(net).damping()).isEqualTo(0.25);
    }

    @Test
    void workspacesMakeNoDifference() {
        List<DataSet> batches = Fixtures.batches(TYPE, 9);
        List<MultiLayerNetwork> nets = new ArrayList<>();
        for (WorkspaceMode mode : List.of(WorkspaceMode.NONE, WorkspaceMode.ENABLED)) {
            MultiLayerNetwork net = Fixtures.mlp(Fixtures.base(Fixtures.kfac().build(), TYPE)
                    .trainingWorkspaceMode(mode)
                    .inferenceWorkspaceMode(mode)
                    .dropOut(0.9));
            KFacListener.attach(net);
            Nd4j.getRandom().setSeed(1);
            Fixtures.fit(net, batches);
            nets.add(net);
        }
        assertThat(Fixtures.distance(nets.get(0).params(), nets.get(1).params()))
                .isLessThan(1e-12);
    }

    @Test
    void theGlobalRandomStreamIsNotTouched() {
        MultiLayerNetwork net = Fixtures.mlp(Fixtures.kfac().build(), TYPE);
        KFacListener.attach(net);
        Nd4j.getRandom().setSeed(7);
        double expected = Nd4j.getRandom().nextDouble();
        Nd4j.getRandom().setSeed(7);
        Fixtures.fit(net, Fixtures.batches(TYPE, 5));
        assertThat(Nd4j.getRandom().nextDouble()).isEqualTo(expected);
    }

    @Test
    void graphsWithSeveralInputsOutputsAndMasksTrain() {
        for (WorkspaceMode mode : List.of(WorkspaceMode.NONE, WorkspaceMode.ENABLED)) {
            for (Curvature curvature : Curvature.values()) {
                ComputationGraph graph = twoByTwo(mode, curvature);
                KFacListener listener = KFacListener.attach(graph);
                DataSet first = Fixtures.batch(TYPE, 20, 1);
                DataSet second = Fixtures.batch(TYPE, 20, 2);
                INDArray[] features = {first.getFeatures(), second.getFeatures()};
                INDArray[] labels = {first.getLabels(), second.getLabels()};
                INDArray mask = Nd4j.ones(TYPE, 20, 1);
                mask.get(NDArrayIndex.interval(0, 6), NDArrayIndex.all()).assign(0);
                INDArray[] masks = {mask, Nd4j.ones(TYPE, 20, 1)};
                MultiDataSet data = new MultiDataSet(features, labels, null, masks);
                graph.fit(data);
                double before = graph.score();
                for (int i = 0; i < 15; i++) {
                    graph.fit(data);
                }
                assertThat(graph.score()).as("%s %s", mode, curvature).isLessThan(before);
                assertThat(listener.report(graph).steps()).isEqualTo(16);
                assertThat(Sessions.find(graph).blocks()).hasSize(5);
            }
        }
    }

    private static ComputationGraph twoByTwo(WorkspaceMode mode, Curvature curvature) {
        ComputationGraph graph = new ComputationGraph(
                Fixtures.base(Fixtures.kfac().curvature(curvature).build(), TYPE)
                        .trainingWorkspaceMode(mode)
                        .graphBuilder()
                        .addInputs("a", "b")
                        .addLayer("left", Fixtures.dense(Fixtures.FEATURES, 4), "a")
                        .addLayer("right", Fixtures.dense(Fixtures.FEATURES, 4), "b")
                        .addLayer("joined", Fixtures.dense(8, 5), "left", "right")
                        .addLayer("x", Fixtures.output(5), "joined")
                        .addLayer("y", Fixtures.output(5), "joined")
                        .setOutputs("x", "y")
                        .build());
        graph.init();
        return graph;
    }
}
