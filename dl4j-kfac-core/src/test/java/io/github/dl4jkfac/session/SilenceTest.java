package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import io.github.dl4jkfac.testing.Taps;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.ViewIterator;

/** Nothing of K-FAC stirs unless the network is being fitted. */
class SilenceTest {

    private static final DataType TYPE = DataType.DOUBLE;
    private static final DataSet DATA = Fixtures.batch(TYPE, 30, 9);

    static Stream<Arguments> uses() {
        return Stream.of(
                use("output", Kind.SEQUENTIAL, net -> net.output(DATA.getFeatures())),
                use("training output", Kind.SEQUENTIAL, net -> net.output(DATA.getFeatures(), true)),
                use("feedForward", Kind.SEQUENTIAL, net -> net.feedForward(DATA.getFeatures(), true)),
                use("score", Kind.SEQUENTIAL, net -> net.score(DATA, true)),
                use("evaluate", Kind.SEQUENTIAL, net -> net.doEvaluation(new ViewIterator(DATA, 10), new Evaluation())),
                use("computeGradientAndScore", Kind.SEQUENTIAL, net -> {
                    net.setInput(DATA.getFeatures());
                    net.setLabels(DATA.getLabels());
                    net.computeGradientAndScore();
                }),
                use(
                        "calculateGradients",
                        Kind.SEQUENTIAL,
                        net -> net.calculateGradients(DATA.getFeatures(), DATA.getLabels(), null, null)),
                use("split blocks", Kind.SPLIT_BLOCKS, net -> {
                    net.setInput(DATA.getFeatures());
                    net.setLabels(DATA.getLabels());
                    net.computeGradientAndScore();
                }),
                useGraph("graph output", graph -> graph.output(DATA.getFeatures())),
                useGraph("graph score", graph -> graph.score(DATA)),
                useGraph("graph evaluate", graph -> graph.doEvaluation(new ViewIterator(DATA, 10), new Evaluation())),
                useGraph("graph computeGradientAndScore", graph -> {
                    graph.setInputs(DATA.getFeatures());
                    graph.setLabels(DATA.getLabels());
                    graph.computeGradientAndScore();
                }));
    }

    private static Arguments use(String name, Kind kind, Consumer<MultiLayerNetwork> use) {
        Consumer<Model> general = model -> use.accept((MultiLayerNetwork) model);
        return Arguments.of(name, kind, general);
    }

    private static Arguments useGraph(String name, Consumer<ComputationGraph> use) {
        Consumer<Model> general = model -> use.accept((ComputationGraph) model);
        return Arguments.of(name, Kind.GRAPH, general);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("uses")
    void leavesNoTrace(String name, Kind kind, Consumer<Model> use) {
        List<DataSet> batches = Fixtures.batches(TYPE, 8);
        Model undisturbed = kind.create(Fixtures.kfac().build(), TYPE);
        KFacListener.attach(undisturbed);
        Fixtures.fit(undisturbed, batches);

        Model model = kind.create(Fixtures.kfac().build(), TYPE);
        KFacListener listener = KFacListener.attach(model);
        // 4 steps: the next batch would enter the factors and renew the inverses
        Fixtures.fit(model, batches.subList(0, 4));
        INDArray state = Fixtures.state(model);
        use.accept(model);
        assertThat(Fixtures.sameBits(Fixtures.state(model), state)).isTrue();
        assertThat(listener.report(model).steps()).isEqualTo(4);
        Taps.requireNone(model);
        Fixtures.fit(model, batches.subList(4, 8));
        Fixtures.assertSameTraining(model, undisturbed);
    }
}
