package io.github.dl4jkfac.capture;

import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.testing.TestNetworks;
import java.util.Map;
import java.util.function.Function;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** The squared norms of the derivatives at the outputs, s_n = |dL_n/dz_out|^2. */
class OutputNormsTest {

    private static final int SAMPLES = 5;
    private static final int STEPS = 4;

    /** Asks the capture within a step of training. */
    private static final class Asking<T> extends BaseTrainingListener {

        private final BatchCapture capture;
        private final DerivativeSource source;
        private final double fraction;
        private final Function<BatchCapture, T> question;
        private T answer;

        Asking(Model model, DerivativeSource source, double fraction, Function<BatchCapture, T> question) {
            this.capture = new BatchCapture(NetworkView.of(model));
            this.source = source;
            this.fraction = fraction;
            this.question = question;
        }

        @Override
        public void onForwardPass(Model model, Map<String, INDArray> activations) {
            capture.arm(source, fraction);
        }

        @Override
        public void onBackwardPass(Model model) {
            answer = question.apply(capture);
            capture.disarm();
        }
    }

    private static INDArray norms(Model model, MultiDataSet batch, double fraction) {
        Asking<INDArray> asking =
                new Asking<>(model, DerivativeSource.TRUE_LABELS, fraction, BatchCapture::squaredOutputNorms);
        model.setListeners(asking);
        TestNetworks.fit(model, batch);
        return asking.answer;
    }

    /** Two outputs, 2 (o - y) and (2 / 3)(o - y). */
    private static ComputationGraph twoOutputs() {
        ComputationGraph graph = new ComputationGraph(settings(new Sgd(0.1))
                .graphBuilder()
                .addInputs("x")
                .addLayer("a", dense(4, 3, Activation.TANH).build(), "x")
                .addLayer("y1", output(3, 2, Activation.IDENTITY, new LossL2()).build(), "a")
                .addLayer("y2", output(3, 3, Activation.IDENTITY, new LossMSE()).build(), "a")
                .setOutputs("y1", "y2")
                .build());
        graph.init();
        TestNetworks.disturb(graph);
        return graph;
    }

    private static INDArray squares(INDArray matrix) {
        return matrix.mul(matrix).sum(true, 1);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.6, 1})
    void normsAreOverAllOutputs(double fraction) {
        ComputationGraph graph = twoOutputs();
        INDArray x = normal(1, SAMPLES, 4);
        INDArray[] labels = {normal(2, SAMPLES, 2), normal(3, SAMPLES, 3)};
        INDArray[] o = graph.output(x);
        INDArray all = squares(o[0].sub(labels[0]).mul(2))
                .add(squares(o[1].sub(labels[1]).mul(2.0 / 3)));
        INDArray expected = TestNetworks.rows(all, 0, Math.round(fraction * SAMPLES));
        INDArray norms = norms(graph, new MultiDataSet(new INDArray[] {x}, labels), fraction);
        assertThat(norms.shape()).isEqualTo(expected.shape());
        assertThat(error(norms, expected)).isLessThan(1e-12);
    }

    @Test
    void aSampleThatIsFittedPerfectlyHasTheLeastNorm() {
        ComputationGraph graph = twoOutputs();
        INDArray x = normal(1, SAMPLES, 4);
        INDArray[] o = graph.output(x);
        INDArray[] labels = {o[0].dup(), o[1].dup()};
        labels[0].putScalar(0, 1, 7);
        INDArray norms = norms(graph, new MultiDataSet(new INDArray[] {x}, labels), 1);
        assertThat(norms.getDouble(0)).isGreaterThan(1);
        for (int n = 1; n < SAMPLES; n++) {
            assertThat(norms.getDouble(n)).isEqualTo(1e-10);
        }
    }

    @Test
    void normsOfSequencesAreSumsOverTheirSteps() {
        ComputationGraph graph = new ComputationGraph(settings(new Sgd(0.1))
                .graphBuilder()
                .addInputs("x")
                .addLayer(
                        "h",
                        new SimpleRnn.Builder()
                                .nOut(3)
                                .activation(Activation.TANH)
                                .build(),
                        "x")
                .addLayer(
                        "y",
                        new RnnOutputLayer.Builder(new LossL2())
                                .nOut(2)
                                .activation(Activation.IDENTITY)
                                .build(),
                        "h")
                .setOutputs("y")
                .setInputTypes(InputType.recurrent(2, STEPS))
                .build());
        graph.init();
        INDArray x = normal(1, SAMPLES, 2, STEPS);
        INDArray labels = normal(2, SAMPLES, 2, STEPS);
        INDArray delta = graph.output(x)[0].sub(labels).mul(2);
        INDArray norms = norms(graph, new MultiDataSet(x, labels), 1);
        for (int n = 0; n < SAMPLES; n++) {
            INDArray own = delta.get(NDArrayIndex.point(n), NDArrayIndex.all(), NDArrayIndex.all());
            assertThat(norms.getDouble(n))
                    .isCloseTo(own.mul(own).sumNumber().doubleValue(), org.assertj.core.data.Offset.offset(1e-12));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DerivativeSource.class,
            names = {"MODEL_TARGETS", "EXACT", "RANDOM_SIGNS"})
    void derivativesAtTheTrueLabelsAreNotRecordedWhereOthersAre(DerivativeSource source) {
        ComputationGraph graph = twoOutputs();
        graph.setListeners(new Asking<>(graph, source, 1, BatchCapture::squaredOutputNorms));
        MultiDataSet batch = new MultiDataSet(
                new INDArray[] {normal(1, SAMPLES, 4)},
                new INDArray[] {normal(2, SAMPLES, 2), Nd4j.zerosLike(normal(3, SAMPLES, 3))});
        assertThatThrownBy(() -> graph.fit(batch))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(source.name());
    }
}
