package io.github.dl4jkfac.capture.probe;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.disturb;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import io.github.dl4jkfac.capture.probe.LocalObjective.Tangent;
import io.github.dl4jkfac.diagnostics.FisherProducts;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** The objective around a point against the exact Fisher matrix, DL4J's score, and the Hessian of the L2 terms. */
class LocalObjectiveTest {

    private static final int N = 7;
    private static final double L2 = 0.3;

    record Case(String name, Model model, MultiDataSet batch, double l2) {

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        MultiDataSet rows = batch(normal(1, N, 4), oneHot(N, 3));
        return Stream.of(
                new Case("classifier", classifier(0), rows, 0),
                new Case("classifier with L2", classifier(L2), rows, L2),
                new Case(
                        "masked samples",
                        classifier(0),
                        batch(normal(1, 3, 4), oneHot(3, 3), Nd4j.createFromArray(new double[][] {{1}, {0}, {1}})),
                        0),
                convolutional(),
                recurrent(),
                twoOutputs());
    }

    private static MultiLayerNetwork classifier(double l2) {
        return sequence(
                settings(new Sgd(0.1)).l2(l2).l2Bias(l2),
                dense(4, 5, Activation.TANH).build(),
                output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    private static Case convolutional() {
        MultiLayerNetwork net = new MultiLayerNetwork(settings(new Sgd(0.1))
                .list()
                .layer(new ConvolutionLayer.Builder(2, 2).nOut(2).build())
                .layer(new BatchNormalization())
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutional(4, 4, 1))
                .build());
        net.init();
        return new Case("convolution with batch normalisation", net, batch(normal(1, N, 1, 4, 4), oneHot(N, 3)), 0);
    }

    private static Case recurrent() {
        MultiLayerNetwork net = new MultiLayerNetwork(settings(new Sgd(0.1))
                .list()
                .layer(new LSTM.Builder().nIn(2).nOut(3).build())
                .layer(new RnnOutputLayer.Builder(LossFunction.MSE)
                        .nIn(3)
                        .nOut(2)
                        .activation(Activation.IDENTITY)
                        .build())
                .build());
        net.init();
        return new Case("LSTM", net, batch(normal(1, N, 2, 4), normal(2, N, 2, 4)), 0);
    }

    private static Case twoOutputs() {
        ComputationGraph graph = new ComputationGraph(settings(new Sgd(0.1))
                .graphBuilder()
                .addInputs("in")
                .addLayer("hidden", dense(4, 5, Activation.TANH).build(), "in")
                .addLayer(
                        "a", output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build(), "hidden")
                .addLayer("b", output(5, 2, Activation.TANH, new LossMSE()).build(), "hidden")
                .setOutputs("a", "b")
                .build());
        graph.init();
        return new Case(
                "two outputs",
                graph,
                new MultiDataSet(new INDArray[] {normal(1, N, 4)}, new INDArray[] {oneHot(N, 3), normal(2, N, 2)}),
                0);
    }

    private static LocalObjective at(Case c, DataType type) {
        return new LocalObjective(
                LossProbe.of(c.model, type),
                Doubles.copy(c.model.params(), type).reshape(1, c.model.numParams()),
                Doubles.copy(c.batch, type),
                0,
                0);
    }

    private static INDArray direction(Case c, long seed) {
        return normal(seed, 1, c.model.numParams());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void productsAreThoseOfTheFisherMatrixAndTheTerms(Case c) {
        disturb(c.model);
        INDArray v = direction(c, 5);
        INDArray w = direction(c, 6);
        FisherProducts fisher = FisherProducts.of(c.model, c.batch);
        for (DataType type : new DataType[] {DataType.DOUBLE, DataType.FLOAT}) {
            double percent = type == DataType.DOUBLE ? 0.01 : 1;
            try (LocalObjective objective = at(c, type);
                    Tangent x = objective.along(Doubles.copy(v, type));
                    Tangent y = objective.along(Doubles.copy(w, type))) {
                double l2 = c.l2 * v.mul(v).sumNumber().doubleValue();
                assertThat(objective.product(x, x)).isCloseTo(fisher.square(v) + l2, withPercentage(percent));
                double scale = Math.sqrt(objective.product(x, x) * objective.product(y, y));
                double mixed =
                        fisher.product(v, w) + c.l2 * v.mul(w).sumNumber().doubleValue();
                assertThat((objective.product(x, y) - mixed) / scale).isBetween(-percent / 100, percent / 100);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void lossesAreThoseOfTheProbe(Case c) {
        disturb(c.model);
        INDArray step = direction(c, 5).muli(0.1);
        LossProbe probe = LossProbe.of(c.model);
        try (LocalObjective objective = at(c, DataType.DOUBLE)) {
            assertThat(objective.loss()).isEqualTo(probe.loss(c.model.params(), c.batch, 0, 0));
            assertThat(objective.lossBehind(step))
                    .isEqualTo(probe.loss(c.model.params().sub(step), c.batch, 0, 0));
            assertThat(objective.rounding()).isPositive().isLessThan(1e-9 * Math.abs(objective.loss()));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aDirectionOfLengthZeroChangesNothing(Case c) {
        try (LocalObjective objective = at(c, DataType.DOUBLE);
                Tangent none = objective.along(Nd4j.zeros(DataType.DOUBLE, 1, c.model.numParams()))) {
            assertThat(objective.product(none, none)).isZero();
        }
    }

    /** Two squared errors, averaged over the outputs: the second derivative by each is one, whatever the data. */
    @Test
    void anOutputOfAMeanSquaredErrorBendsTheLossByOneTimesItsWeight() {
        try (LocalObjective objective = at(recurrent(), DataType.DOUBLE)) {
            assertThat(objective.meanOutputCurvature()).isCloseTo(1, within(1e-12));
        }
        INDArray weights = Nd4j.valueArrayOf(new long[] {1, 2}, 1e4, DataType.DOUBLE);
        MultiLayerNetwork weighted = sequence(
                settings(new Sgd(0.1)),
                output(4, 2, Activation.IDENTITY, new LossMSE(weights)).build());
        try (LocalObjective objective =
                at(new Case("weighted", weighted, batch(normal(1, N, 4), normal(2, N, 2)), 0), DataType.DOUBLE)) {
            assertThat(objective.meanOutputCurvature()).isCloseTo(1e4, within(1e-6));
        }
    }

    /** The trace of diag(p) - p p^T over the outputs, as far as so few random signs tell. */
    @Test
    void anOutputOfASoftmaxBendsTheLossByItsVariance() {
        MultiDataSet rows = batch(normal(1, 400, 4), oneHot(400, 3));
        MultiLayerNetwork network = classifier(0);
        INDArray p = network.output(rows.getFeatures(0));
        double expected = p.sub(p.mul(p)).meanNumber().doubleValue();
        try (LocalObjective objective = at(new Case("many", network, rows, 0), DataType.DOUBLE)) {
            assertThat(objective.meanOutputCurvature()).isCloseTo(expected, withPercentage(10));
        }
    }
}
