package io.github.dl4jkfac.control;

import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.inner;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.AdaFisher;
import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.ExactFisher;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.diagnostics.FisherProducts;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import io.github.dl4jkfac.testing.LogCapture;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.impl.LossHinge;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Steps that are as long as the batch says. */
class AutomaticStepTest {

    private static final int N = 40;

    private static MultiLayerNetwork network(IUpdater updater, DataType type, Layer... layers) {
        NeuralNetConfiguration.Builder settings = settings(updater).dataType(type);
        MultiLayerNetwork network = sequence(settings, layers);
        KFacListener.attach(network);
        return network;
    }

    private static ExactFisher.Builder sampleSpace(Curvature curvature) {
        return ExactFisher.builder().curvature(curvature).automatic();
    }

    private static MultiLayerNetwork linear(IUpdater updater) {
        return network(
                updater,
                DataType.DOUBLE,
                output(4, 2, Activation.IDENTITY, new LossMSE()).build());
    }

    private static MultiLayerNetwork deep(IUpdater updater, DataType type) {
        return network(
                updater,
                type,
                dense(1, 16, Activation.TANH).build(),
                dense(16, 16, Activation.TANH).build(),
                output(16, 1, Activation.IDENTITY, new LossMSE()).build());
    }

    private static DataSet regression(double scale) {
        INDArray x = normal(1, N, 4);
        return new DataSet(
                x, x.mmul(normal(2, 4, 2)).addi(normal(3, N, 2).muli(0.1)).muli(scale));
    }

    /** y = exp(x) on [0,1]. */
    private static DataSet exponential(DataType type, double scale) {
        INDArray x = Nd4j.linspace(DataType.DOUBLE, 0, 1.0 / 63, 64).reshape(64, 1);
        return new DataSet(x.castTo(type), Transforms.exp(x).muli(scale).castTo(type));
    }

    private static List<Double> losses(MultiLayerNetwork network, DataSet batch, int steps) {
        List<Double> losses = new ArrayList<>();
        for (int i = 0; i < steps; i++) {
            network.fit(batch);
            losses.add(network.score(batch));
        }
        return losses;
    }

    /** The first step is as long as the region lets it; its direction is that of the step by hand. */
    @Test
    void theFirstStepFillsItsRegion() {
        DataSet batch = regression(1);
        MultiLayerNetwork automatic = linear(KFac.builder().automatic().build());
        MultiLayerNetwork byHand =
                linear(KFac.builder().withoutKlClip().momentum(0).build());
        INDArray start = automatic.params().dup();
        double loss = automatic.score(batch);
        FisherProducts fisher = FisherProducts.of(automatic, batch);
        automatic.fit(batch);
        byHand.fit(batch);
        INDArray step = start.sub(automatic.params());
        INDArray direction = start.sub(byHand.params());
        double cosine = inner(step, direction)
                / (step.norm2Number().doubleValue() * direction.norm2Number().doubleValue());
        assertThat(cosine).isCloseTo(1, within(1e-9));
        assertThat(fisher.square(step)).isCloseTo(TrustRegion.START * loss, within(1e-6 * loss));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-4, 1, 1e5})
    void leastSquaresAreSolvedAtEveryScale(double scale) {
        DataSet batch = regression(scale);
        MultiLayerNetwork network = linear(KFac.builder().automatic().build());
        List<Double> losses = losses(network, batch, 25);
        INDArray x = Nd4j.hstack(batch.getFeatures(), Nd4j.ones(DataType.DOUBLE, N, 1));
        INDArray residual = batch.getLabels()
                .sub(x.mmul(inverse(x.transpose().mmul(x)).mmul(x.transpose()).mmul(batch.getLabels())));
        double lowest = inner(residual, residual) / (2 * N);
        assertThat(losses.get(24)).isCloseTo(lowest, within(0.01 * lowest));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-4, 1, 1e5})
    void noStepOnTheWholeDataMakesTheLossMuchWorse(double scale) {
        DataSet batch = exponential(DataType.FLOAT, scale);
        double variance = scale * scale * 0.24;
        List<Double> losses = losses(deep(KFac.builder().automatic().build(), DataType.FLOAT), batch, 160);
        for (int i = 1; i < losses.size(); i++) {
            assertThat(losses.get(i))
                    .as("step %d", i)
                    .isLessThan(Math.max(2 * losses.get(i - 1), 1e-3 * losses.get(0)));
        }
        // small targets are below the outputs of the first parameters, which have to go first
        assertThat(losses.get(159)).isLessThan(Math.max(1e-3 * variance, 1e-5 * losses.get(0)));
    }

    static Stream<Arguments> updaters() {
        return Stream.of(
                Arguments.of(
                        KFac.builder().automatic().learningRate(0.5).build(),
                        KFac.builder().automatic().build()),
                Arguments.of(
                        EKFac.builder().automatic().learningRate(0.5).build(),
                        EKFac.builder().automatic().build()),
                Arguments.of(
                        sampleSpace(Curvature.EXACT_FISHER).learningRate(0.5).build(),
                        sampleSpace(Curvature.EXACT_FISHER).build()));
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void theLearningRateIsAFactorOfTheStep(IUpdater half, IUpdater whole) {
        DataSet batch = exponential(DataType.DOUBLE, 1);
        MultiLayerNetwork short_ = deep(half, DataType.DOUBLE);
        MultiLayerNetwork long_ = deep(whole, DataType.DOUBLE);
        INDArray start = short_.params().dup();
        short_.fit(batch);
        long_.fit(batch);
        assertThat(error(start.sub(short_.params()).mul(2), start.sub(long_.params())))
                .isLessThan(1e-9);
        long_.setLearningRate(0.25);
        short_.setParams(long_.params().dup());
        INDArray middle = long_.params().dup();
        long_.fit(batch);
        assertThat(middle.sub(long_.params()).norm2Number().doubleValue()).isPositive();
    }

    /** In single precision or in double, so that each updater and each kind of network sees both. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void everyKindOfNetworkTrains(Kind kind) {
        int turn = kind.ordinal();
        for (IUpdater updater : List.of(
                KFac.builder().automatic().build(),
                EKFac.builder().automatic().build(),
                AdaFisher.builder().automatic().build(),
                sampleSpace(Curvature.RANDOM_SIGN_FISHER).build(),
                sampleSpace(Curvature.EMPIRICAL_FISHER).build())) {
            DataType type = turn++ % 2 == 0 ? DataType.FLOAT : DataType.DOUBLE;
            Model model = kind.create(updater, type);
            KFacListener listener = KFacListener.attach(model);
            DataSet batch = Fixtures.batch(type, 30, 4);
            double before = Fixtures.score(model, batch);
            for (int i = 0; i < 20; i++) {
                Fixtures.fit(model, batch);
            }
            String which = updater.getClass().getSimpleName() + " in " + type;
            // a Fisher matrix of thirty samples is too little for more where batch normalisation couples them
            double share = updater instanceof ExactFisher ? 0.95 : 0.7;
            assertThat(Fixtures.score(model, batch)).as(which).isLessThan(share * before);
            if (!(updater instanceof ExactFisher)) {
                assertThat(listener.report(model).skipped()).as(which).isEmpty();
            }
        }
    }

    @Test
    void lossesWithoutAFisherMatrixAreBoundedByHand() {
        MultiLayerNetwork network = sequence(
                settings(KFac.builder().automatic().build()),
                dense(4, 5, Activation.TANH).build(),
                output(5, 2, Activation.IDENTITY, new LossHinge()).build());
        try (LogCapture log = new LogCapture()) {
            KFacListener listener = KFacListener.attach(network);
            assertThat(log.warnings()).anyMatch(line -> line.contains("klClip(0.01)"));
            network.fit(new DataSet(normal(1, N, 4), Transforms.sign(normal(2, N, 2))));
            assertThat(listener.report(network).klBound()).isEqualTo(0.01);
        }
    }

    /** On a plateau the gradient of a part of the batch is not that of the whole, and judged by parts nearly every step looks bad. */
    @Test
    void aPlateauOfASmallFullBatchIsLeft() {
        int points = 200;
        INDArray x = Nd4j.create(DataType.FLOAT, points, 2);
        INDArray y = Nd4j.zeros(DataType.FLOAT, points, 2);
        for (int i = 0; i < points; i++) {
            double radius = 0.1 + 0.9 * (i / 2) / (points / 2.);
            double angle = 4 * Math.PI * radius + Math.PI * (i % 2); // two spirals
            x.putScalar(i, 0, radius * Math.cos(angle));
            x.putScalar(i, 1, radius * Math.sin(angle));
            y.putScalar(i, i % 2, 1);
        }
        MultiLayerNetwork network = network(
                new KFac(),
                DataType.FLOAT,
                dense(2, 20, Activation.TANH).build(),
                dense(20, 20, Activation.TANH).build(),
                output(20, 2, Activation.SOFTMAX, new LossMCXENT()).build());
        List<Double> losses = losses(network, new DataSet(x, y), 80);
        assertThat(losses.get(79)).isLessThan(0.55);
    }

    /** They scale the loss, not the steps. */
    @Test
    void labelsThatDoNotSumToOneDoNoHarm() {
        for (double sum : new double[] {0.3, 1, 3}) {
            MultiLayerNetwork network = network(
                    KFac.builder().automatic().build(),
                    DataType.DOUBLE,
                    dense(4, 8, Activation.TANH).build(),
                    output(8, 3, Activation.SOFTMAX, new LossMCXENT()).build());
            INDArray x = normal(1, N, 4);
            INDArray y = Nd4j.zeros(DataType.DOUBLE, N, 3);
            for (int i = 0; i < N; i++) {
                y.putScalar(i, x.getDouble(i, 0) > 0.5 ? 0 : x.getDouble(i, 1) > 0 ? 1 : 2, sum);
            }
            DataSet batch = new DataSet(x, y);
            losses(network, batch, 30);
            INDArray right = network.output(x).argMax(1).eq(y.argMax(1));
            assertThat(right.castTo(DataType.DOUBLE).meanNumber().doubleValue())
                    .as("sum %s", sum)
                    .isGreaterThan(0.75);
        }
    }
}
