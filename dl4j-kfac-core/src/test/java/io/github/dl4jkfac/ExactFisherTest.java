package io.github.dl4jkfac;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.disturb;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;
import static io.github.dl4jkfac.testing.TestNetworks.trace;
import static io.github.dl4jkfac.testing.TestNetworks.vec;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.session.Sessions;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import io.github.dl4jkfac.testing.Recorder;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** The steps of {@link ExactFisher} in real training, against dense matrices over all parameters of the network. */
class ExactFisherTest {

    private static final double EXACT = 1e-9;
    private static final double LAMBDA = 0.02;
    private static final int N = 12;

    private static ExactFisher.Builder plain(Curvature curvature) {
        return ExactFisher.builder()
                .curvature(curvature)
                .learningRate(1)
                .momentum(0)
                .withoutKlClip()
                .damping(LAMBDA)
                .seed(5);
    }

    private static MultiDataSet data() {
        return batch(normal(1, N, Fixtures.FEATURES), oneHot(N, Fixtures.CLASSES));
    }

    private static Model network(Kind kind, org.nd4j.linalg.learning.config.IUpdater updater) {
        Model model = kind.create(updater, DataType.DOUBLE);
        disturb(model);
        return model;
    }

    private static List<String> layers(Model model) {
        return model instanceof MultiLayerNetwork net
                ? Stream.iterate(0, i -> i + 1)
                        .limit(net.getnLayers())
                        .map(String::valueOf)
                        .toList()
                : List.of("left", "right", "joined", "out");
    }

    /** All weights as one row, [W; b] layer by layer, each row by row. */
    private static INDArray parameters(Model model) {
        return Nd4j.hstack(layers(model).stream()
                .map(layer -> vec(TestNetworks.weights(model, layer)))
                .toArray(INDArray[]::new));
    }

    /** J [N,P] of some rows. */
    private static INDArray gradients(Model model, Map<String, OuterProductRows> rows) {
        return Nd4j.hstack(
                layers(model).stream().map(layer -> gradients(rows.get(layer))).toArray(INDArray[]::new));
    }

    private static INDArray gradients(OuterProductRows rows) {
        INDArray abar = homogeneous(Recorder.inputs(rows));
        List<INDArray> all = new ArrayList<>();
        for (long n = 0; n < rows.samples(); n++) {
            all.add(vec(abar.getRow(n, true).transpose().mmul(rows.derivatives().getRow(n, true))));
        }
        return Nd4j.vstack(all.toArray(INDArray[]::new));
    }

    private static INDArray trueGradients(Model model, MultiDataSet batch) {
        return gradients(model, Recorder.record(model, batch).rows());
    }

    /** What the first step takes from the parameters. */
    private static INDArray step(Model model, MultiDataSet batch) {
        KFacListener.attach(model);
        INDArray before = parameters(model);
        TestNetworks.fit(model, batch);
        return before.sub(parameters(model));
    }

    /** s of softmax with cross-entropy. */
    private static INDArray norms(Model model, MultiDataSet batch) {
        INDArray p = probabilities(model, batch).sub(batch.getLabels(0));
        return p.mul(p).sum(true, 1);
    }

    private static INDArray probabilities(Model model, MultiDataSet batch) {
        INDArray features = batch.getFeatures(0).dup();
        return model instanceof MultiLayerNetwork net
                ? net.output(features).dup()
                : ((ComputationGraph) model).outputSingle(features).dup();
    }

    /** J of which J^T J / (rows) is the matrix. */
    private static INDArray rowsOf(Curvature curvature, Model model, MultiDataSet batch) {
        return switch (curvature) {
            case EMPIRICAL_FISHER -> trueGradients(model, batch);
            case IMPROVED_EMPIRICAL_FISHER ->
                trueGradients(model, batch)
                        .divColumnVector(org.nd4j.linalg.ops.transforms.Transforms.sqrt(norms(model, batch)));
            case SAMPLED_FISHER -> drawn(model, batch, DerivativeSource.MODEL_TARGETS);
            case RANDOM_SIGN_FISHER -> drawn(model, batch, DerivativeSource.RANDOM_SIGNS);
            case EXACT_FISHER -> enumerated(model, batch);
        };
    }

    /** With the random numbers that the updater has in its first step. */
    private static INDArray drawn(Model model, MultiDataSet batch, DerivativeSource source) {
        long seed = 5 * 0x9E3779B97F4A7C15L;
        return gradients(
                model,
                Recorder.record(model, batch, source, 1, Nd4j.getRandomFactory().getNewRandomInstance(seed))
                        .rows());
    }

    /** Every class in turn, weighted with its probability. */
    private static INDArray enumerated(Model model, MultiDataSet batch) {
        List<INDArray> parts = new ArrayList<>();
        List<Recorder.Column> columns = Recorder.classColumns(probabilities(model, batch));
        for (Recorder.Column column : columns) {
            INDArray roots = org.nd4j.linalg.ops.transforms.Transforms.sqrt(
                    column.weights().mul(columns.size()));
            parts.add(trueGradients(model, batch(batch.getFeatures(0), column.labels()))
                    .mulColumnVector(roots));
        }
        return Nd4j.vstack(parts.toArray(INDArray[]::new));
    }

    private static INDArray fisher(INDArray rows) {
        return rows.transpose().mmul(rows).divi(rows.size(0));
    }

    static Stream<Arguments> curvatures() {
        return Stream.of(Kind.SEQUENTIAL, Kind.GRAPH)
                .flatMap(kind -> Stream.of(Curvature.values()).map(curvature -> Arguments.of(kind, curvature)));
    }

    @ParameterizedTest
    @MethodSource("curvatures")
    void theFirstStepIsTheDampedNaturalGradient(Kind kind, Curvature curvature) {
        boolean improved = curvature == Curvature.IMPROVED_EMPIRICAL_FISHER;
        Model reference = network(kind, new Sgd(0));
        MultiDataSet batch = data();
        INDArray mean = trueGradients(reference, batch).mean(true, 0);
        INDArray fisher = fisher(rowsOf(curvature, reference, batch));
        ExactFisher.Builder builder = plain(curvature);
        INDArray step = step(network(kind, (improved ? builder.tikhonovDamping() : builder).build()), batch);
        assertThat(error(step, mean.mmul(inverse(plusDiagonal(fisher, LAMBDA)))))
                .isLessThan(EXACT);
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"SEQUENTIAL", "GRAPH"})
    void theFirstStepOfIef(Kind kind) {
        Model reference = network(kind, new Sgd(0));
        MultiDataSet batch = data();
        INDArray j = trueGradients(reference, batch);
        INDArray gram = plusDiagonal(j.mmul(j.transpose()), N * LAMBDA);
        INDArray expected = j.transpose().mmul(inverse(gram).mmul(norms(reference, batch)));
        INDArray step =
                step(network(kind, plain(Curvature.IMPROVED_EMPIRICAL_FISHER).build()), batch);
        assertThat(error(step, expected.transpose())).isLessThan(EXACT);
    }

    @Test
    void layersMayHaveTheirOwnMatrices() {
        Model reference = network(Kind.SEQUENTIAL, new Sgd(0));
        MultiDataSet batch = data();
        Map<String, OuterProductRows> rows = Recorder.record(reference, batch).rows();
        Model model = network(
                Kind.SEQUENTIAL,
                plain(Curvature.EMPIRICAL_FISHER)
                        .relativeDamping(0.1)
                        .layerWise()
                        .build());
        KFacListener.attach(model);
        Map<String, INDArray> before = new java.util.HashMap<>();
        layers(model).forEach(layer -> before.put(layer, TestNetworks.weights(model, layer)));
        TestNetworks.fit(model, batch);
        for (String layer : layers(model)) {
            INDArray j = gradients(rows.get(layer));
            double lambda = 0.1 * trace(j.mmul(j.transpose())) / N / N;
            INDArray expected = j.mean(true, 0).mmul(inverse(plusDiagonal(fisher(j), lambda)));
            INDArray step = vec(before.get(layer).sub(TestNetworks.weights(model, layer)));
            assertThat(error(step, expected)).as(layer).isLessThan(EXACT);
        }
    }

    @Test
    void l2IsPartOfGradientAndCurvature() {
        double eta = 0.05;
        MultiDataSet batch = data();
        Model reference = network(Kind.SEQUENTIAL, new Sgd(0));
        INDArray j = rowsOf(Curvature.EMPIRICAL_FISHER, reference, batch);
        MultiLayerNetwork model =
                Fixtures.mlp(Fixtures.base(plain(Curvature.EMPIRICAL_FISHER).build(), DataType.DOUBLE)
                        .l2(eta)
                        .l2Bias(eta));
        disturb(model);
        INDArray v = j.mean(true, 0).add(parameters(model).mul(eta));
        INDArray expected = v.mmul(inverse(plusDiagonal(fisher(j), LAMBDA + eta)));
        assertThat(error(step(model, batch), expected)).isLessThan(EXACT);
    }

    @Test
    void theLearningRateMomentumAndKlBoundActAsInKFac() {
        MultiDataSet batch = data();
        Model reference = network(Kind.SEQUENTIAL, new Sgd(0));
        INDArray v = trueGradients(reference, batch).mean(true, 0);
        INDArray u = step(network(Kind.SEQUENTIAL, plain(Curvature.EXACT_FISHER).build()), batch);
        double squared = TestNetworks.inner(u, v);
        double rate = 0.7;
        double bound = 0.25 * rate * rate * squared;
        Model model = network(
                Kind.SEQUENTIAL,
                plain(Curvature.EXACT_FISHER).learningRate(rate).klClip(bound).build());
        assertThat(error(step(model, batch), u.mul(rate / 2))).isLessThan(EXACT);
        assertThat(Sessions.find(model).report().klScale())
                .isCloseTo(0.5, org.assertj.core.api.Assertions.offset(1e-9));
    }

    /** The first epoch's coefficients, reused for the same samples at later parameters. */
    @Test
    void fngdReusesCoefficients() {
        ExactFisher fngd = plain(Curvature.EMPIRICAL_FISHER)
                .learningRate(0.1)
                .layerWise()
                .reuseCoefficients(CoefficientReuse.BY_ORDER, 2 * N)
                .build();
        Model model = network(Kind.SEQUENTIAL, fngd);
        List<MultiDataSet> batches =
                List.of(data(), batch(normal(2, N, Fixtures.FEATURES), oneHot(N, Fixtures.CLASSES)));
        List<Map<String, INDArray>> coefficients = new ArrayList<>();
        Model shadow = network(Kind.SEQUENTIAL, new Sgd(0));
        for (int step = 0; step < 6; step++) {
            MultiDataSet batch = batches.get(step % 2);
            shadow.setParams(model.params().dup());
            Map<String, OuterProductRows> rows = Recorder.record(shadow, batch).rows();
            if (step < 2) {
                coefficients.add(coefficients(rows));
            }
            INDArray expected = Nd4j.hstack(layers(model).stream()
                    .map(layer -> gradients(rows.get(layer))
                            .transpose()
                            .mmul(coefficients.get(batches.indexOf(batch)).get(layer))
                            .transpose())
                    .toArray(INDArray[]::new));
            assertThat(error(step(model, batch), expected.mul(0.1)))
                    .as("step %d", step)
                    .isLessThan(EXACT);
        }
    }

    private static Map<String, INDArray> coefficients(Map<String, OuterProductRows> rows) {
        Map<String, INDArray> all = new java.util.HashMap<>();
        rows.forEach((layer, own) -> {
            INDArray j = gradients(own);
            all.put(
                    layer,
                    inverse(plusDiagonal(j.mmul(j.transpose()), N * LAMBDA)).mmul(Nd4j.ones(DataType.DOUBLE, N, 1)));
        });
        return all;
    }
}
