package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.PolySchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** Values are checked when they are used, wherever they come from; a step with a bad one changes nothing. */
class StepValuesTest {

    private static final int GOOD_STEPS = 3;

    /** Good for three iterations. */
    private static ISchedule turning(double good, double bad) {
        return new MapSchedule(ScheduleType.ITERATION, Map.of(0, good, GOOD_STEPS, bad));
    }

    private record Scheduled(String option, double good, Function<ISchedule, NaturalGradientUpdater> updater) {}

    private static List<Scheduled> scheduled() {
        return List.of(
                new Scheduled(
                        "learningRate", 0.1, s -> KFac.builder().learningRate(s).build()),
                new Scheduled("damping", 0.1, s -> KFac.builder().damping(s).build()),
                new Scheduled("klClip", 0.1, s -> KFac.builder().klClip(s).build()),
                new Scheduled(
                        "learningRate",
                        0.1,
                        s -> EKFac.builder().learningRate(s).build()),
                new Scheduled("damping", 0.1, s -> EKFac.builder().damping(s).build()),
                new Scheduled("klClip", 0.1, s -> EKFac.builder().klClip(s).build()),
                new Scheduled(
                        "learningRate",
                        0.1,
                        s -> ExactFisher.builder().learningRate(s).build()),
                new Scheduled(
                        "damping",
                        0.1,
                        s -> ExactFisher.builder()
                                .curvature(Curvature.SAMPLED_FISHER)
                                .damping(s)
                                .build()),
                new Scheduled(
                        "klClip", 0.1, s -> ExactFisher.builder().klClip(s).build()),
                new Scheduled(
                        "learningRate",
                        0.01,
                        s -> AdaFisher.builder().learningRate(s).build()),
                new Scheduled(
                        "damping", 0.01, s -> AdaFisher.builder().damping(s).build()),
                new Scheduled(
                        "learningRate",
                        0.01,
                        s -> AdaFisherW.builder().learningRate(s).build()),
                new Scheduled(
                        "damping", 0.01, s -> AdaFisherW.builder().damping(s).build()),
                new Scheduled(
                        "learningRate",
                        0.01,
                        s -> FAdam.builder().learningRate(s).build()));
    }

    static Stream<Arguments> badSchedules() {
        List<Arguments> all = new ArrayList<>();
        for (Scheduled scheduled : scheduled()) {
            for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -1}) {
                Kind kind = all.size() % 2 == 0 ? Kind.SEQUENTIAL : Kind.GRAPH;
                DataType type = all.size() % 3 == 0 ? DataType.FLOAT : DataType.DOUBLE;
                ISchedule schedule = turning(scheduled.good, bad);
                all.add(Arguments.of(scheduled.updater.apply(schedule), scheduled.option, bad, kind, type));
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("badSchedules")
    void aStepWithABadValueFailsAndChangesNothing(
            NaturalGradientUpdater updater, String option, double bad, Kind kind, DataType type) {
        Model model = kind.create(updater, type);
        KFacListener listener = KFacListener.attach(model);
        List<DataSet> batches = Fixtures.batches(type, GOOD_STEPS + 1);
        Fixtures.fit(model, batches.subList(0, GOOD_STEPS));
        String name = updater.getClass().getSimpleName();
        requireRefusedStep(
                model,
                batches.get(GOOD_STEPS),
                kind == Kind.GRAPH ? "left" : "0",
                name + ": " + option + " must be zero or positive, got " + bad,
                "iteration " + GOOD_STEPS + ", epoch",
                "MapSchedule");
        assertThat(listener.report(model).steps()).isEqualTo(GOOD_STEPS);
        setLearningRate(model, 0.01);
        if (option.equals("learningRate")) { // and the network is none the worse for it
            Fixtures.fit(model, batches.get(GOOD_STEPS));
            assertThat(listener.report(model).steps()).isEqualTo(GOOD_STEPS + 1);
            assertThat(Fixtures.isFinite(model.params())).isTrue();
        }
    }

    private static void requireRefusedStep(Model model, DataSet batch, String... message) {
        INDArray params = Fixtures.params(model);
        INDArray state = Fixtures.state(model);
        int iteration = iteration(model);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> Fixtures.fit(model, batch))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(message);
        }
        assertThat(Fixtures.sameBits(model.params(), params)).isTrue();
        assertThat(Fixtures.sameBits(Fixtures.state(model), state)).isTrue();
        assertThat(iteration(model)).isEqualTo(iteration);
    }

    private static int iteration(Model model) {
        return model instanceof MultiLayerNetwork net
                ? net.getIterationCount()
                : ((ComputationGraph) model).getIterationCount();
    }

    private static void setLearningRate(Model model, double rate) {
        if (model instanceof MultiLayerNetwork net) {
            net.setLearningRate(rate);
        } else {
            ((ComputationGraph) model).setLearningRate(rate);
        }
    }

    @Test
    void aScheduleMayEndInZero() {
        for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
            ISchedule ended = new PolySchedule(ScheduleType.ITERATION, 0.1, 0.5, 4);
            MultiLayerNetwork net =
                    Fixtures.mlp(Fixtures.kfac().learningRate(ended).build(), type);
            KFacListener listener = KFacListener.attach(net);
            Fixtures.fit(net, Fixtures.batches(type, 4));
            INDArray atEnd = Fixtures.params(net);
            Fixtures.fit(net, Fixtures.batch(type, 12, 1));
            assertThat(Fixtures.sameBits(net.params(), atEnd)).isTrue();
            assertThat(listener.report(net).steps()).isEqualTo(5);
        }
    }

    @Test
    void whatSetLearningRateIsGivenIsChecked() {
        for (Kind kind : List.of(Kind.SEQUENTIAL, Kind.GRAPH)) {
            for (Scheduled scheduled : scheduled()) {
                NaturalGradientUpdater updater = scheduled.updater.apply(turning(scheduled.good, scheduled.good));
                Model model = kind.create(updater, DataType.DOUBLE);
                KFacListener.attach(model);
                Fixtures.fit(model, Fixtures.batches(DataType.DOUBLE, 2));
                INDArray state = Fixtures.state(model);
                for (double bad : new double[] {Double.NaN, -1, 0, Double.POSITIVE_INFINITY}) {
                    assertThatThrownBy(() -> setLearningRate(model, bad))
                            .hasMessageContainingAll(
                                    updater.getClass().getSimpleName(), "learningRate must be", "got " + bad);
                }
                assertThat(Fixtures.sameBits(Fixtures.state(model), state)).isTrue();
            }
        }
    }

    @Test
    void aScheduleThatIsSetLaterIsChecked() {
        MultiLayerNetwork net = Fixtures.mlp(Fixtures.kfac().build(), DataType.DOUBLE);
        KFacListener.attach(net);
        net.setLearningRate(1, turning(Double.NaN, 0.1));
        requireRefusedStep(net, Fixtures.batch(DataType.DOUBLE, 12, 1), "Layer '1'", "learningRate", "NaN");
    }

    static Stream<IUpdater> badFallbacks() {
        return Stream.of(
                new Adam(Double.NaN),
                new Adam(turning(0.1, Double.NaN)),
                new Sgd(Double.NEGATIVE_INFINITY),
                new Sgd(-1),
                new Nesterovs(0.1, Double.NaN),
                new Nesterovs(0.1, turning(0.5, Double.POSITIVE_INFINITY)));
    }

    @ParameterizedTest
    @MethodSource("badFallbacks")
    void soAreTheFallbacksValues(IUpdater fallback) {
        NaturalGradientUpdater updater = Fixtures.kfac().fallback(fallback).build();
        Model served = Kind.WITH_FALLBACK.create(updater, DataType.DOUBLE);
        KFacListener.attach(served);
        for (int i = 0; i < GOOD_STEPS; i++) { // some are bad from the beginning
            catchThrowable(() -> Fixtures.fit(served, Fixtures.batch(DataType.DOUBLE, 12, 1)));
            ((MultiLayerNetwork) served).setIterationCount(i + 1);
        }
        requireRefusedStep(
                served,
                Fixtures.batch(DataType.DOUBLE, 12, 1),
                "Layer '1'",
                "KFac: the fallback updater " + fallback.getClass().getSimpleName(),
                "iteration " + GOOD_STEPS);

        Model unserved = Kind.GRAPH.create(updater, DataType.DOUBLE);
        KFacListener.attach(unserved);
        Fixtures.fit(unserved, Fixtures.batches(DataType.DOUBLE, GOOD_STEPS + 1)); // nobody asks it for anything
        assertThat(Fixtures.isFinite(unserved.params())).isTrue();
    }

    @Test
    void alsoWhereTheFallbackServesAllThereIs() {
        MultiLayerNetwork net = Fixtures.mlp(
                Fixtures.kfac()
                        .maxFactorDimension(1)
                        .fallback(new Adam(Double.NaN))
                        .build(),
                DataType.DOUBLE);
        KFacListener.attach(net);
        requireRefusedStep(net, Fixtures.batch(DataType.DOUBLE, 12, 1), "fallback updater Adam", "NaN");
    }

    /** As frameworks do that make objects without constructors. */
    @ParameterizedTest
    @ValueSource(strings = {"hyperparameters", "kronecker", "structure", "fallback"})
    void optionsThatAreMissingAreNamed(String field) throws Exception {
        KFac broken = Fixtures.kfac().build();
        MultiLayerNetwork net = (MultiLayerNetwork) Kind.WITH_FALLBACK.create(broken, DataType.DOUBLE);
        KFacListener.attach(net);
        for (int layer = 0; layer < 3; layer++) {
            Object live = net.getLayer(layer).conf().getLayer();
            set(((org.deeplearning4j.nn.conf.layers.BaseLayer) live).getIUpdater(), field, null);
        }
        requireRefusedStep(net, Fixtures.batch(DataType.DOUBLE, 12, 1), field + " must be set");
    }

    @Test
    void optionsThatAreNoOptionsAreNamed() throws Exception {
        EKFac ekfac = new EKFac();
        set(ekfac, "maxFactorDimension", -3);
        assertThatThrownBy(() -> ekfac.requireUsable(0, 0, false)).hasMessageContaining("maxFactorDimension");
        AdaFisherW decaying = new AdaFisherW();
        set(decaying, "weightDecay", Double.NaN);
        assertThatThrownBy(() -> decaying.requireUsable(0, 0, false)).hasMessageContaining("weightDecay");
        MultiLayerNetwork net = Fixtures.mlp(new Sgd(), DataType.DOUBLE);
        assertThatThrownBy(() -> KFacListener.swapUpdater(net, decaying))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("weightDecay");
    }

    private static void set(Object object, String name, Object value) throws Exception {
        for (Class<?> type = object.getClass(); type != null; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (field.getName().equals(name)) {
                    field.setAccessible(true);
                    field.set(object, value);
                    return;
                }
            }
        }
        throw new AssertionError(name);
    }

    @Test
    void noDoubleStandsForADefault() {
        assertThatThrownBy(() -> ExactFisher.builder()
                        .learningRate(Double.NEGATIVE_INFINITY)
                        .build())
                .hasMessageContaining("learningRate");
        assertThatThrownBy(() ->
                        ExactFisher.builder().damping(Double.NEGATIVE_INFINITY).build())
                .hasMessageContaining("damping");
    }
}
