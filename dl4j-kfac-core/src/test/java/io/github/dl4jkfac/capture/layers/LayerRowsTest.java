package io.github.dl4jkfac.capture.layers;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NamedLayer;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.ReplayingActivation;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.testing.RecordedGroup;
import io.github.dl4jkfac.testing.Recorder;
import io.github.dl4jkfac.testing.Recorder.Recorded;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The rows of every type of layer add up to DL4J's own gradient, in DL4J's own backward pass and, where the output replays the true
 * derivatives, in the second one. A further case is a line in {@link LayerCases}.
 */
class LayerRowsTest {

    private static final double EXACT = 1e-10;

    private static final List<LayerCase> CASES = LayerCases.all().toList();

    /** A network for each case, which the tests share since a step leaves it as it was. */
    private static final Map<String, Model> MODELS = new HashMap<>();

    /** What several of the tests below look at; nobody changes it. */
    private static final Map<String, Recorded> RECORDED = new HashMap<>();

    static Stream<LayerCase> cases() {
        return CASES.stream();
    }

    /**
     * Rows are the layers' own business: a graph brings its own first pass and its own way back, which all cases see. Of the rest it sees
     * one case for each chain of layer types.
     */
    static Stream<LayerCase> casesWithFewGraphs() {
        Set<List<String>> seen = new HashSet<>();
        return cases().filter(c -> !c.graph() || seen.add(types(c)));
    }

    static Stream<LayerCase> casesWithoutGraphs() {
        return cases().filter(c -> !c.graph());
    }

    private static List<String> types(LayerCase c) {
        return Stream.of(c.layers())
                .map(layer -> layer.getClass().getSimpleName())
                .toList();
    }

    private static Model model(LayerCase c) {
        return MODELS.computeIfAbsent(c.toString(), key -> c.model());
    }

    private static Recorded record(LayerCase c, DerivativeSource source, double fraction) {
        return RECORDED.computeIfAbsent(
                c + " " + source + " " + fraction, key -> record(c, model(c), source, fraction));
    }

    /** One step, with the same noise every time. */
    private static Recorded record(LayerCase c, Model model, DerivativeSource source, double fraction) {
        replay(model, source == DerivativeSource.EXACT ? LayerCases.OUTPUTS : 1);
        Nd4j.getRandom().setSeed(11);
        return Recorder.record(
                model, c.batch(), source, fraction, Nd4j.getRandomFactory().getNewRandomInstance(3));
    }

    /** Lets the output take the next pass for a first one, whose derivatives it replays in as many passes after it. */
    private static void replay(Model model, int passes) {
        for (NamedLayer named : NetworkView.of(model).layers()) {
            if (named.layer().conf().getLayer() instanceof BaseLayer base
                    && base.getActivationFn() instanceof ReplayingActivation replaying) {
                base.setActivationFn(replaying.fresh(passes));
            }
        }
    }

    @Test
    void everyCaseHasItsOwnName() {
        assertThat(cases().map(LayerCase::toString)).doesNotHaveDuplicates();
    }

    @AfterAll
    static void forget() {
        RECORDED.clear();
        MODELS.clear();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void rowsOfTheFirstPassAddUpToTheGradient(LayerCase c) {
        assertRowsAddUp(record(c, DerivativeSource.TRUE_LABELS, 1));
    }

    private static void assertRowsAddUp(Recorded recorded) {
        assertThat(recorded.groups()).isNotEmpty();
        for (RecordedGroup group : recorded.groups()) {
            assertThat(group.gradient().norm2Number().doubleValue())
                    .as("gradient of %s", group)
                    .isPositive();
            assertThat(error(group.fromRows(), group.gradient()))
                    .as("%s", group)
                    .isLessThan(EXACT);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void rowsOfTheSecondPassAreThoseOfTheFirst(LayerCase c) {
        Map<String, RecordedGroup> first = byName(record(c, DerivativeSource.TRUE_LABELS, 1));
        Recorded second = record(c, DerivativeSource.MODEL_TARGETS, 1);
        assertRowsAddUp(second);
        assertThat(second.untouched()).isTrue();
        byName(second).forEach((name, group) -> {
            RecordedGroup expected = first.get(name);
            assertThat(error(group.derivatives(), expected.derivatives()))
                    .as("%s", group)
                    .isLessThan(EXACT);
            assertThat(group.active()).isEqualTo(expected.active());
        });
    }

    /** Whatever a pass leaves behind, it must not change the next one. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("casesWithFewGraphs")
    void rowsOfEveryOneOfSeveralPassesAreThoseOfTheFirst(LayerCase c) {
        Map<String, RecordedGroup> first = byName(record(c, DerivativeSource.TRUE_LABELS, 1));
        int passes = LayerCases.OUTPUTS;
        Recorded exact = record(c, DerivativeSource.EXACT, 1);
        assertThat(exact.untouched()).isTrue();
        assertThat(exact.groups()).hasSameSizeAs(first.values());
        byName(exact).forEach((name, group) -> {
            RecordedGroup expected = first.get(name);
            assertThat(group.samples()).isEqualTo(passes * expected.samples());
            assertThat(group.active()).isEqualTo(passes * expected.active());
            assertThat(error(group.fromRows(), expected.gradient().mul(passes * Math.sqrt(passes))))
                    .as("sum of %s", group)
                    .isLessThan(EXACT);
            long rows = expected.derivatives().size(0);
            for (int pass = 0; pass < passes; pass++) {
                assertThat(error(
                                rows(group.derivatives(), pass * rows, (pass + 1) * rows),
                                expected.derivatives().mul(Math.sqrt(passes))))
                        .as("derivatives of %s in pass %d", group, pass)
                        .isLessThan(EXACT);
                if (expected.inputs() != null) {
                    assertThat(error(rows(group.inputs(), pass * rows, (pass + 1) * rows), expected.inputs()))
                            .as("inputs of %s in pass %d", group, pass)
                            .isLessThan(EXACT);
                }
            }
        });
    }

    private static Map<String, RecordedGroup> byName(Recorded recorded) {
        return recorded.groups().stream().collect(Collectors.toMap(RecordedGroup::toString, Function.identity()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("casesWithFewGraphs")
    void aFractionOfTheBatchIsItsFirstRows(LayerCase c) {
        for (DerivativeSource source : List.of(DerivativeSource.TRUE_LABELS, DerivativeSource.MODEL_TARGETS)) {
            Map<String, RecordedGroup> all = byName(record(c, source, 1));
            byName(record(c, source, 0.5)).forEach((name, group) -> {
                RecordedGroup whole = all.get(name);
                long samples = (whole.samples() + 1) / 2;
                assertThat(group.samples()).isEqualTo(samples);
                long rows = whole.derivatives().size(0) / whole.samples() * samples;
                assertThat(error(group.derivatives(), rows(whole.derivatives(), 0, rows)))
                        .as("derivatives of %s with %s", group, source)
                        .isLessThan(EXACT);
                if (whole.inputs() != null) {
                    assertThat(error(group.inputs(), rows(whole.inputs(), 0, rows)))
                            .as("inputs of %s with %s", group, source)
                            .isLessThan(EXACT);
                }
            });
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void everyParameterIsInOneSlot(LayerCase c) {
        for (NamedLayer named : NetworkView.of(model(c)).layers()) {
            Set<String> missing = new TreeSet<>(named.layer().paramTable().keySet());
            named.slots().stream()
                    .flatMap(slot -> slot.groups().stream()
                            .flatMap(group -> group.segments().stream())
                            .map(segment -> slot.prefix() + segment.parameter())
                            .distinct())
                    .forEach(parameter ->
                            assertThat(missing.remove(parameter)).as(parameter).isTrue());
            Set<String> expected = c.uncovered().stream()
                    .filter(parameter -> parameter.startsWith(named.name() + "_"))
                    .map(parameter -> parameter.substring(named.name().length() + 1))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(missing).as("layer %s", named.name()).isEqualTo(expected);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("casesWithoutGraphs")
    void segmentsHaveAllEntriesOfTheirParameters(LayerCase c) {
        for (LayerSlot slot : NetworkView.of(model(c)).slots()) {
            Map<String, Long> lengths = slot.groups().stream()
                    .flatMap(group -> group.segments().stream())
                    .collect(Collectors.groupingBy(Segment::parameter, Collectors.summingLong(Segment::length)));
            lengths.forEach((parameter, length) ->
                    assertThat(slot.layer().getParam(parameter).length()).isEqualTo(length));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("casesWithFewGraphs")
    void configurationIsTheSameAfterAStep(LayerCase c) {
        Model model = model(c);
        record(c, DerivativeSource.TRUE_LABELS, 1); // some layers write what they find in the first batch
        String before = json(model);
        record(c, model, DerivativeSource.MODEL_TARGETS, 1);
        assertThat(json(model)).isEqualTo(before);
    }

    private static String json(Model model) {
        String json = model instanceof MultiLayerNetwork network
                ? network.getLayerWiseConfigurations().toJson()
                : ((ComputationGraph) model).getConfiguration().toJson();
        return json.replaceAll("\"(iteration|epoch)Count\" : \\d+", "");
    }

    /** K-FAC's blocks see matrices of rows: one case for each set of layers, tensors and masks. */
    static Stream<LayerCase> casesOfOtherBlocks() {
        Set<String> seen = new HashSet<>();
        return casesWithoutGraphs().filter(c -> seen.add(LayerCases.tensors(c.model()) + c.masks()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("casesOfOtherBlocks")
    void attachingLeavesTheOutputsAndTrainingIsFinite(LayerCase c) {
        // some outputs have so many inputs that their factors would take far longer than all the rest; and networks
        // whose outputs replay cannot be copied, as automatic steps would need it
        Model model = c.model(KFac.builder()
                .learningRate(1e-3)
                .klClip(KFac.DEFAULT_KL_CLIP)
                .maxFactorDimension(128)
                .build());
        INDArray before = output(model, c.batch());
        KFacListener.attach(model);
        assertThat(output(model, c.batch())).isEqualTo(before);
        TestNetworks.fit(model, c.batch());
        TestNetworks.fit(model, c.batch());
        assertThat(model.params().sumNumber().doubleValue()).isFinite();
        assertThat(output(model, c.batch())).isNotEqualTo(before);
    }

    private static INDArray output(Model model, MultiDataSet batch) {
        INDArray features = batch.getFeatures(0).dup();
        return model instanceof MultiLayerNetwork network
                ? network.output(features).dup()
                : ((ComputationGraph) model).outputSingle(features).dup();
    }
}
