package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.eigen.EigenBlock;
import io.github.dl4jkfac.curvature.kronecker.KroneckerBlock;
import io.github.dl4jkfac.state.StateLayout;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** Configurations read and write as with DL4J's own updaters, at any time, and networks that share one do not notice. */
class ConfigurationTransparencyTest {

    static Stream<NaturalGradientUpdater> updaters() {
        List<NaturalGradientUpdater> all = new ArrayList<>();
        for (Curvature curvature : Curvature.values()) {
            all.add(KFac.builder().curvature(curvature).build());
            all.add(EKFac.builder().curvature(curvature).build());
        }
        all.add(EKFac.builder()
                .learningRate(new StepSchedule(ScheduleType.ITERATION, 0.3, 0.5, 10))
                .damping(new ExponentialSchedule(ScheduleType.EPOCH, 1, 0.9))
                .momentum(0.5)
                .withoutKlClip()
                .statisticsInterval(3)
                .basisInterval(7)
                .statisticsDecay(0.8)
                .statisticsFraction(0.5)
                .seed(99)
                .fallback(new Nesterovs(0.01, 0.8))
                .maxFactorDimension(123)
                .build());
        all.add(KFac.builder()
                .learningRate(new StepSchedule(ScheduleType.ITERATION, 0.3, 0.5, 10))
                .damping(new ExponentialSchedule(ScheduleType.EPOCH, 1, 0.9))
                .momentum(0.5)
                .withoutKlClip()
                .statisticsInterval(3)
                .inverseInterval(7)
                .statisticsDecay(0.8)
                .statisticsFraction(0.5)
                .seed(99)
                .fallback(new Nesterovs(0.01, 0.8))
                .maxFactorDimension(123)
                .convolution(ConvolutionFactors.SPATIALLY_UNCORRELATED)
                .recurrent(RecurrentModel.STATIONARY_CHAIN)
                .structure(Structure.BLOCK_TRIDIAGONAL)
                .build());
        all.add(KFac.builder()
                .klClip(new StepSchedule(ScheduleType.ITERATION, 0.3, 0.5, 10))
                .build());
        all.add(KFac.builder()
                .learningRate(new MapSchedule.Builder(ScheduleType.ITERATION)
                        .add(0, 0.1)
                        .add(5, 0.05)
                        .build())
                .klClip(0.5)
                .build());
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void jsonAndYamlRoundTrip(NaturalGradientUpdater updater) {
        MultiLayerConfiguration conf = Fixtures.mlp(updater, DataType.DOUBLE).getLayerWiseConfigurations();
        assertThat(MultiLayerConfiguration.fromJson(conf.toJson())).isEqualTo(conf);
        assertThat(MultiLayerConfiguration.fromYaml(conf.toYaml())).isEqualTo(conf);
        assertThat(updaterOf(MultiLayerConfiguration.fromJson(conf.toJson()))).isEqualTo(updater);

        ComputationGraphConfiguration graph =
                Fixtures.graph(updater, DataType.DOUBLE).getConfiguration();
        assertThat(ComputationGraphConfiguration.fromJson(graph.toJson())).isEqualTo(graph);
        assertThat(ComputationGraphConfiguration.fromYaml(graph.toYaml())).isEqualTo(graph);
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void attachedConfigurationsRoundTripWithTheirLayout(NaturalGradientUpdater updater) {
        MultiLayerNetwork net = Fixtures.mlp(updater, DataType.DOUBLE);
        KFacListener.attach(net);
        MultiLayerConfiguration conf = net.getLayerWiseConfigurations();
        MultiLayerConfiguration read = MultiLayerConfiguration.fromJson(conf.toJson());
        assertThat(read).isEqualTo(conf);
        assertThat(updaterOf(read).layout()).isEqualTo(updaterOf(conf).layout()).isNotNull();
        assertThat(updaterOf(read).hasSettingsOf(updater)).isTrue();
    }

    private static NaturalGradientUpdater updaterOf(MultiLayerConfiguration conf) {
        return (NaturalGradientUpdater) ((BaseLayer) conf.getConf(0).getLayer()).getIUpdater();
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void javaSerialisationRoundTrips(NaturalGradientUpdater updater) throws Exception {
        assertThat(throughJava(updater)).isEqualTo(updater).hasSameHashCodeAs(updater);
    }

    @Test
    void equalityAndCloneCoverEveryOption() {
        KFac plain = new KFac();
        List<KFac> different = List.of(
                KFac.builder().learningRate(0.7).build(),
                KFac.builder()
                        .learningRate(new StepSchedule(ScheduleType.ITERATION, 0.3, 0.5, 10))
                        .build(),
                KFac.builder().momentum(0.1).build(),
                KFac.builder().damping(0.7).build(),
                KFac.builder()
                        .damping(new StepSchedule(ScheduleType.ITERATION, 0.3, 0.5, 10))
                        .build(),
                KFac.builder().klClip(0.7).build(),
                KFac.builder().withoutKlClip().build(),
                KFac.builder()
                        .klClip(new StepSchedule(ScheduleType.ITERATION, 0.3, 0.5, 10))
                        .build(),
                KFac.builder().convolution(ConvolutionFactors.AVERAGED).build(),
                KFac.builder().recurrent(RecurrentModel.SYMMETRIC_CHAIN).build(),
                KFac.builder().structure(Structure.BLOCK_TRIDIAGONAL).build(),
                KFac.builder().statisticsInterval(9).build(),
                KFac.builder().inverseInterval(9).build(),
                KFac.builder().statisticsDecay(0.3).build(),
                KFac.builder().statisticsFraction(0.3).build(),
                KFac.builder().seed(9).build(),
                KFac.builder().curvature(Curvature.EMPIRICAL_FISHER).build(),
                KFac.builder().fallback(new Nesterovs(0.01)).build(),
                KFac.builder().maxFactorDimension(9).build(),
                (KFac) plain.withLayout(StateLayout.curvature(
                        "0",
                        List.of(KroneckerBlock.TYPE.layout(BlockShape.of(ParameterKind.DENSE, 2, 3, true))),
                        List.of(6L, 3L))));
        assertDifferent(new KFac(), plain, different);
    }

    @Test
    void equalityAndCloneCoverEveryOptionOfEKFac() {
        EKFac plain = new EKFac();
        List<NaturalGradientUpdater> different = List.of(
                KFac.builder()
                        .statisticsInterval(EKFac.DEFAULT_STATISTICS_INTERVAL)
                        .inverseInterval(EKFac.DEFAULT_BASIS_INTERVAL)
                        .damping(EKFac.DEFAULT_DAMPING)
                        .build(),
                EKFac.builder().learningRate(0.7).build(),
                EKFac.builder().momentum(0.1).build(),
                EKFac.builder().damping(0.7).build(),
                EKFac.builder().klClip(0.7).build(),
                EKFac.builder().withoutKlClip().build(),
                EKFac.builder().statisticsInterval(9).build(),
                EKFac.builder().basisInterval(9).build(),
                EKFac.builder().statisticsDecay(0.3).build(),
                EKFac.builder().statisticsFraction(0.3).build(),
                EKFac.builder().seed(9).build(),
                EKFac.builder().curvature(Curvature.EMPIRICAL_FISHER).build(),
                EKFac.builder().fallback(new Nesterovs(0.01)).build(),
                EKFac.builder().maxFactorDimension(9).build(),
                plain.withLayout(StateLayout.curvature(
                        "0",
                        List.of(EigenBlock.TYPE.layout(BlockShape.of(ParameterKind.DENSE, 2, 3, true))),
                        List.of(6L, 3L))));
        assertDifferent(new EKFac(), plain, different);
    }

    private static void assertDifferent(
            NaturalGradientUpdater same,
            NaturalGradientUpdater plain,
            List<? extends NaturalGradientUpdater> different) {
        assertThat(plain).isEqualTo(same).hasSameHashCodeAs(same);
        for (NaturalGradientUpdater other : different) {
            assertThat(other).isNotEqualTo(plain);
            assertThat(other.hashCode()).isNotEqualTo(plain.hashCode());
            assertThat(other.clone()).isEqualTo(other).hasSameHashCodeAs(other).isNotSameAs(other);
        }
        assertThat(different).doesNotHaveDuplicates();
    }

    @Test
    void aCloneIsIndependent() {
        KFac original = KFac.builder().learningRate(0.1).build();
        KFac clone = original.clone();
        clone.setLrAndSchedule(0.5, null);
        assertThat(original.getLearningRate(0, 0)).isEqualTo(0.1);
        assertThat(clone.getLearningRate(0, 0)).isEqualTo(0.5);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void trainingLeavesTheConfigurationAsItWas(Kind kind) {
        Model model = kind.create(Fixtures.kfac().build(), DataType.DOUBLE);
        KFacListener.attach(model);
        String before = withoutCounters(Fixtures.json(model));
        Fixtures.fit(model, Fixtures.batches(DataType.DOUBLE, 5));
        assertThat(withoutCounters(Fixtures.json(model))).isEqualTo(before);
    }

    @Test
    void attachAddsNothingButTheLayout() {
        MultiLayerNetwork net = Fixtures.mlp(Fixtures.kfac().build(), DataType.DOUBLE);
        String before = Fixtures.json(net);
        KFacListener.attach(net);
        for (int i = 0; i < 3; i++) {
            BaseLayer layer = (BaseLayer) net.getLayer(i).conf().getLayer();
            layer.setIUpdater(((KFac) layer.getIUpdater()).withLayout(null));
        }
        assertThat(Fixtures.json(net)).isEqualTo(before);
    }

    private static String withoutCounters(String json) {
        return json.replaceAll("\"(iterationCount|epochCount)\" : \\d+", "\"$1\" : 0");
    }

    /** Looks at a network in the middle of a step, where the taps are in place. */
    private static final class MidStep extends BaseTrainingListener {
        final List<String> json = new ArrayList<>();
        final List<String> yaml = new ArrayList<>();
        final List<String> activations = new ArrayList<>();
        final List<MultiLayerNetwork> clones = new ArrayList<>();
        MultiLayerConfiguration fromJava;
        boolean cloning;

        @Override
        public void onForwardPass(Model model, List<INDArray> activationsOfPass) {
            MultiLayerNetwork net = (MultiLayerNetwork) model;
            json.add(withoutCounters(Fixtures.json(net)));
            yaml.add(net.getLayerWiseConfigurations().toYaml().replaceAll("(iterationCount|epochCount): \\d+", "$1"));
            activations.add(((BaseLayer) net.getLayer(0).conf().getLayer())
                    .getActivationFn()
                    .getClass()
                    .getSimpleName());
            fromJava = throughJava(net.getLayerWiseConfigurations());
            if (cloning) {
                try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                    clones.add(net.clone());
                }
            }
        }

        @Override
        public void onForwardPass(Model model, Map<String, INDArray> activationsOfPass) {
            json.add(withoutCounters(Fixtures.json(model)));
        }
    }

    @ParameterizedTest
    @EnumSource(Curvature.class)
    void theTapsOfAStepAreInvisibleToEverySerialisation(Curvature curvature) {
        MultiLayerNetwork net = Fixtures.started(Fixtures.base(
                        Fixtures.kfac().curvature(curvature).build(), DataType.DOUBLE)
                .list()
                .layer(new DenseLayer.Builder().nIn(6).nOut(5).dropOut(0.8).build())
                .layer(new DenseLayer.Builder()
                        .nIn(5)
                        .nOut(4)
                        .activation(new org.nd4j.linalg.activations.impl.ActivationLReLU(0.3))
                        .build())
                .layer(new OutputLayer.Builder(LossFunction.XENT)
                        .nIn(4)
                        .nOut(3)
                        .activation(org.nd4j.linalg.activations.Activation.SIGMOID)
                        .build())
                .build());
        KFacListener.attach(net);
        MidStep midStep = new MidStep();
        net.addListeners(midStep);
        String before = withoutCounters(Fixtures.json(net));
        Fixtures.fit(net, Fixtures.batches(DataType.DOUBLE, 2));

        assertThat(midStep.activations).as("the taps are in place").containsOnly("ActivationTap");
        assertThat(midStep.json).hasSize(2).containsOnly(before);
        assertThat(midStep.yaml.get(0))
                .isEqualTo(net.getLayerWiseConfigurations()
                        .toYaml()
                        .replaceAll("(iterationCount|epochCount): \\d+", "$1"));
        BaseLayer read = (BaseLayer) midStep.fromJava.getConf(0).getLayer();
        assertThat(read.getActivationFn().getClass().getSimpleName()).isEqualTo("ActivationTanH");
        assertThat(read.getIDropout().getClass().getSimpleName()).isEqualTo("Dropout");
        assertThat(((OutputLayer) midStep.fromJava.getConf(2).getLayer())
                        .getLossFn()
                        .getClass()
                        .getSimpleName())
                .isEqualTo("LossBinaryXENT");
        assertThat(withoutCounters(midStep.fromJava.toJson())).isEqualTo(before);
    }

    @Test
    void theTapsOfAGraphsStepAreInvisible() {
        ComputationGraph graph = Fixtures.graph(Fixtures.kfac().build(), DataType.DOUBLE);
        KFacListener.attach(graph);
        MidStep midStep = new MidStep();
        graph.addListeners(midStep);
        String before = withoutCounters(Fixtures.json(graph));
        Fixtures.fit(graph, Fixtures.batches(DataType.DOUBLE, 2));
        assertThat(midStep.json).hasSize(2).containsOnly(before);
    }

    @Test
    void aCloneTakenInTheMiddleOfAStepIsHarmless() {
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, 8);
        MultiLayerNetwork alone = Fixtures.mlp(Fixtures.kfac().build(), DataType.DOUBLE);
        KFacListener.attach(alone);
        Fixtures.fit(alone, batches);

        MultiLayerNetwork cloned = Fixtures.mlp(Fixtures.kfac().build(), DataType.DOUBLE);
        KFacListener.attach(cloned);
        MidStep midStep = new MidStep();
        midStep.cloning = true;
        cloned.addListeners(midStep);
        for (DataSet batch : batches) {
            Fixtures.fit(cloned, batch);
            MultiLayerNetwork clone = midStep.clones.get(midStep.clones.size() - 1);
            KFacListener.attach(clone);
            clone.fit(batch);
            assertThat(withoutCounters(Fixtures.json(clone))).isEqualTo(withoutCounters(Fixtures.json(cloned)));
        }
        Fixtures.assertSameTraining(cloned, alone);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aCloneIsSilentAndIndependent(Kind kind) {
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, 12);
        Model model = kind.create(Fixtures.kfac().build(), DataType.DOUBLE);
        KFacListener listener = KFacListener.attach(model);
        Fixtures.fit(model, batches.subList(0, 5));
        Model clone = Fixtures.copy(model);
        Fixtures.assertSameTraining(clone, model);
        INDArray params = Fixtures.params(model);
        INDArray state = Fixtures.state(model);
        long steps = listener.report(model).steps();

        KFacListener.attach(clone);
        Fixtures.assertSameTraining(clone, model);
        Fixtures.fit(clone, batches.subList(5, 8));
        assertThat(Fixtures.sameBits(model.params(), params)).isTrue();
        assertThat(Fixtures.sameBits(Fixtures.state(model), state)).isTrue();
        assertThat(listener.report(model).steps()).isEqualTo(steps);
        assertThat(Fixtures.sameBits(clone.params(), params)).isFalse();

        Fixtures.fit(model, batches.subList(5, 8));
        Fixtures.assertSameTraining(clone, model);
    }

    @Test
    void networksThatShareAConfigurationTrainAlternately() {
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, 8);
        MultiLayerNetwork alone = trainedAlone(batches);
        MultiLayerConfiguration shared =
                Fixtures.mlp(Fixtures.kfac().build(), DataType.DOUBLE).getLayerWiseConfigurations();
        MultiLayerNetwork first = Fixtures.started(shared);
        MultiLayerNetwork second = Fixtures.started(shared);
        KFacListener.attach(first);
        KFacListener.attach(second);
        for (DataSet batch : batches) {
            first.fit(batch);
            second.fit(batch);
        }
        assertThat(Fixtures.distance(first.params(), alone.params())).isLessThan(1e-12);
        assertThat(Fixtures.distance(second.params(), alone.params())).isLessThan(1e-12);
    }

    @Test
    void networksThatShareAConfigurationTrainInTwoThreads() throws Exception {
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, 60);
        MultiLayerNetwork alone = trainedAlone(batches);
        MultiLayerConfiguration shared =
                Fixtures.mlp(Fixtures.kfac().build(), DataType.DOUBLE).getLayerWiseConfigurations();
        List<MultiLayerNetwork> nets = List.of(Fixtures.started(shared), Fixtures.started(shared));
        nets.forEach(KFacListener::attach);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (MultiLayerNetwork net : nets) {
                running.add(threads.submit(() -> batches.forEach(net::fit)));
            }
            for (Future<?> run : running) {
                run.get();
            }
        } finally {
            threads.shutdown();
        }
        for (MultiLayerNetwork net : nets) {
            assertThat(Fixtures.distance(net.params(), alone.params())).isLessThan(1e-9);
        }
    }

    private static MultiLayerNetwork trainedAlone(List<DataSet> batches) {
        MultiLayerNetwork alone = Fixtures.mlp(Fixtures.kfac().build(), DataType.DOUBLE);
        KFacListener.attach(alone);
        Fixtures.fit(alone, batches);
        return alone;
    }

    @SuppressWarnings("unchecked")
    private static <T> T throughJava(T object) {
        try (ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
            out.flush();
            try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                return (T) in.readObject();
            }
        } catch (IOException | ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
