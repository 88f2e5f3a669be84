package io.github.dl4jkfac.curvature.kronecker;

import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
import static io.github.dl4jkfac.testing.TestNetworks.inner;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.meanProduct;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static io.github.dl4jkfac.testing.TestNetworks.symmetric;
import static io.github.dl4jkfac.testing.TestNetworks.trace;
import static io.github.dl4jkfac.testing.TestNetworks.vec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.LayerState;
import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.StateLayout;
import io.github.dl4jkfac.testing.Recorder;
import io.github.dl4jkfac.testing.Recorder.Column;
import io.github.dl4jkfac.testing.Recorder.Recorded;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** Kronecker blocks of exact rows against Fisher matrices by brute force, and the algebra of damping and preconditioning. */
class KroneckerBlockTest {

    /** A block together with its factors. */
    private record Block(BlockState state, CurvatureBlock block) {

        static Block of(long inputs, long outputs, boolean bias, double decay) {
            BlockShape shape = BlockShape.of(ParameterKind.DENSE, (int) inputs, (int) outputs, bias);
            StateLayout layout = StateLayout.curvature(
                    "layer", List.of(KroneckerBlock.TYPE.layout(shape)), List.of(inputs * outputs));
            INDArray view = Nd4j.zeros(DataType.DOUBLE, layout.stateSize(inputs * outputs) + outputs);
            BlockState state = new LayerState(layout, view).blocks().get(0);
            BlockContext context =
                    new BlockContext("layer", shape, state, new NetworkScalars(List.of()), decay, Solvers.forBackend());
            return new Block(state, KroneckerBlock.TYPE.create(context));
        }

        static Block of(OuterProductRows rows, boolean bias) {
            Block block = of(rows.inputs().columns(), rows.derivatives().size(1), bias, 0);
            block.block.update(rows);
            return block;
        }

        INDArray a() {
            return symmetric(state.get("A"));
        }

        INDArray g() {
            return symmetric(state.get("G"));
        }

        INDArray precondition(INDArray gradient) {
            INDArray v = gradient.dup('f');
            INDArray out = v.like();
            block.precondition(v, v.like(), out);
            return out;
        }
    }

    private static OuterProductRows batchRows(INDArray inputs, INDArray derivatives) {
        return OuterProductRows.of(InputSource.of(inputs), derivatives, inputs.size(0));
    }

    private static MultiLayerNetwork linear(ILossFunction loss) {
        return sequence(
                settings(new Sgd(0.1)), output(4, 3, Activation.IDENTITY, loss).build());
    }

    /** c of the loss c |o - y|^2. */
    private static double coefficient(ILossFunction loss, long outputs) {
        return loss instanceof LossMSE ? 1.0 / outputs : 1;
    }

    private static void assertOneStepSolvesLeastSquares(ILossFunction loss) {
        MultiLayerNetwork network = linear(loss);
        INDArray x = normal(1, 20, 4);
        INDArray y = normal(2, 20, 3);
        List<Column> columns = Recorder.squaredErrorColumns(network.output(x), coefficient(loss, 3));
        Block block = Block.of(Recorder.exactRows(network, x, columns).get("0"), true);
        assertThat(error(
                        block.block.toDense(),
                        Recorder.exactFisher(network, x, columns).get("0")))
                .isLessThan(1e-10);

        block.block.refresh(0);
        INDArray gradient = Recorder.record(network, TestNetworks.batch(x, y))
                .gradients()
                .get("0")
                .div(20);
        TestNetworks.setWeights(network, "0", TestNetworks.weights(network, "0").sub(block.precondition(gradient)));

        INDArray abar = homogeneous(x);
        INDArray solution = inverse(meanProduct(abar, abar)).mmul(meanProduct(abar, y));
        assertThat(error(TestNetworks.weights(network, "0"), solution)).isLessThan(1e-10);
        assertThat(Recorder.record(network, TestNetworks.batch(x, y))
                        .gradients()
                        .get("0")
                        .norm2Number()
                        .doubleValue())
                .isLessThan(1e-10);
    }

    @Test
    void oneUndampedStepOfALinearLayerSolvesLeastSquares() {
        assertOneStepSolvesLeastSquares(new LossL2());
        assertOneStepSolvesLeastSquares(new LossMSE());
    }

    @Test
    void blocksOfOneSampleAreTheExactFisher() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                dense(3, 4, Activation.TANH).build(),
                dense(4, 3, Activation.SIGMOID).hasBias(false).build(),
                output(3, 3, Activation.SOFTMAX, new LossMCXENT()).build());
        INDArray x = normal(1, 1, 3);
        List<Column> columns = Recorder.classColumns(network.output(x));
        assertExact(network, x, columns, Map.of("0", true, "1", false, "2", true));
    }

    private static void assertExact(
            MultiLayerNetwork network, INDArray x, List<Column> columns, Map<String, Boolean> layersWithBias) {
        Map<String, INDArray> fisher = Recorder.exactFisher(network, x, columns);
        Map<String, OuterProductRows> exact = Recorder.exactRows(network, x, columns);
        assertThat(exact).containsOnlyKeys(layersWithBias.keySet());
        layersWithBias.forEach((layer, bias) -> assertThat(
                        error(Block.of(exact.get(layer), bias).block.toDense(), fisher.get(layer)))
                .as("layer %s", layer)
                .isLessThan(1e-10));
    }

    /** For comparison: with several samples and a non-linear network the blocks are approximations. */
    @Test
    void blocksOfSeveralSamplesOfANonLinearNetworkAreApproximations() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                dense(3, 4, Activation.TANH).build(),
                output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build());
        INDArray x = normal(1, 6, 3);
        List<Column> columns = Recorder.classColumns(network.output(x));
        INDArray exact = Recorder.exactFisher(network, x, columns).get("0");
        Block block = Block.of(Recorder.exactRows(network, x, columns).get("0"), true);
        assertThat(error(block.block.toDense(), exact)).isBetween(0.01, 0.9);
        // the rows behind it are exact all the same
        assertThat(error(secondMoment(Recorder.exactRows(network, x, columns).get("0")), exact))
                .isLessThan(1e-10);
    }

    /** The mean over the samples of u u^T, u = vec([a, 1]^T g). */
    private static INDArray secondMoment(OuterProductRows rows) {
        INDArray abar = homogeneous(Recorder.inputs(rows));
        INDArray sum = null;
        for (long n = 0; n < abar.size(0); n++) {
            INDArray u = vec(rows(abar, n, n + 1).transpose().mmul(rows(rows.derivatives(), n, n + 1)));
            INDArray square = u.transpose().mmul(u);
            sum = sum == null ? square : sum.addi(square);
        }
        return sum.div(rows.samples());
    }

    @Test
    void blocksOfADeepLinearNetworkAreExact() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                dense(3, 4, Activation.IDENTITY).build(),
                dense(4, 2, Activation.IDENTITY).build(),
                output(2, 3, Activation.IDENTITY, new LossL2()).build());
        INDArray x = normal(1, 6, 3);
        List<Column> columns = Recorder.squaredErrorColumns(network.output(x), 1);
        assertExact(network, x, columns, Map.of("0", true, "1", true, "2", true));
    }

    @Test
    void stepsOfAllLayersChangeTheProductOfADeepLinearNetworkByAsManyGaussNewtonSteps() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)).weightInit(WeightInit.IDENTITY),
                dense(3, 3, Activation.IDENTITY).hasBias(false).build(),
                dense(3, 3, Activation.IDENTITY).hasBias(false).build(),
                output(3, 3, Activation.IDENTITY, new LossL2()).hasBias(false).build());
        INDArray x = normal(1, 12, 3);
        INDArray y = normal(2, 12, 3);
        List<Column> columns = Recorder.squaredErrorColumns(network.output(x), 1);
        Map<String, OuterProductRows> exact = Recorder.exactRows(network, x, columns);
        Recorded recorded = Recorder.record(network, TestNetworks.batch(x, y));
        Map<String, INDArray> steps = new HashMap<>();
        exact.forEach((layer, rows) -> {
            Block block = Block.of(rows, false);
            block.block.refresh(0);
            steps.put(layer, block.precondition(recorded.gradients().get(layer).div(12)));
        });
        INDArray w0 = TestNetworks.weights(network, "0");
        INDArray w1 = TestNetworks.weights(network, "1");
        INDArray w2 = TestNetworks.weights(network, "2");
        INDArray change = steps.get("0")
                .mmul(w1)
                .mmul(w2)
                .add(w0.mmul(steps.get("1")).mmul(w2))
                .add(w0.mmul(w1).mmul(steps.get("2")));

        INDArray residual = network.output(x).sub(y).mul(2);
        INDArray gaussNewton =
                inverse(meanProduct(x, x)).mmul(meanProduct(x, residual)).div(2);
        assertThat(error(change, gaussNewton.mul(3))).isLessThan(1e-10);
    }

    @Test
    void factorsAreExactOnAProductDesign() {
        INDArray inputs = normal(1, 3, 2);
        INDArray derivatives = normal(2, 4, 2);
        INDArray allInputs = Nd4j.vstack(inputs, inputs, inputs, inputs);
        INDArray allDerivatives = Nd4j.create(DataType.DOUBLE, 12, 2);
        for (int n = 0; n < 12; n++) {
            allDerivatives.putRow(n, derivatives.getRow(n / 3));
        }
        OuterProductRows rows = batchRows(allInputs, allDerivatives);
        assertThat(error(Block.of(rows, true).block.toDense(), secondMoment(rows)))
                .isLessThan(1e-12);
    }

    @Test
    void factorsArePositiveSemidefiniteMeans() {
        INDArray a = normal(1, 9, 4);
        INDArray g = normal(2, 9, 3);
        Block block = Block.of(batchRows(a, g), true);
        assertThat(error(block.a(), meanProduct(homogeneous(a), homogeneous(a))))
                .isLessThan(1e-14);
        assertThat(error(block.g(), meanProduct(g, g))).isLessThan(1e-14);
        for (INDArray factor : List.of(block.a(), block.g())) {
            for (int k = 0; k < 20; k++) {
                INDArray v = normal(100 + k, factor.size(0), 1);
                assertThat(inner(v, factor.mmul(v))).isGreaterThanOrEqualTo(0);
            }
        }
    }

    @Test
    void maskedRowsLeaveTheFactorAndKeepTheBlockAMeanOverAllSamples() {
        INDArray weights = Nd4j.createFromArray(1.0, 0, 1, 1, 0, 1).reshape('c', 6, 1);
        INDArray a = normal(1, 6, 4);
        INDArray g = normal(2, 6, 3).muliColumnVector(weights);
        Block block = Block.of(new OuterProductRows(InputSource.of(a), g, weights, 4, 6), true);
        INDArray abar = homogeneous(a).mulColumnVector(weights);
        assertThat(error(block.a(), abar.transpose().mmul(abar).div(4))).isLessThan(1e-14);
        assertThat(error(block.g(), g.transpose().mmul(g).div(6))).isLessThan(1e-14);
    }

    @Test
    void averagesArePlainMeansFirstAndDecayAfterwards() {
        Block block = Block.of(4, 3, true, 0.75);
        INDArray a = null;
        INDArray g = null;
        for (int k = 1; k <= 8; k++) {
            INDArray x = normal(k, 5, 4);
            INDArray d = normal(100 + k, 5, 3);
            block.block.update(batchRows(x, d));
            INDArray newA = meanProduct(homogeneous(x), homogeneous(x));
            INDArray newG = meanProduct(d, d);
            double keep = Math.min(1 - 1.0 / k, 0.75);
            a = a == null ? newA : a.mul(keep).add(newA.mul(1 - keep));
            g = g == null ? newG : g.mul(keep).add(newG.mul(1 - keep));
            assertThat(error(block.a(), a)).isLessThan(1e-13);
            assertThat(error(block.g(), g)).isLessThan(1e-13);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-6, 1e-2, 1, 100})
    void preconditioningAppliesTheInverseOfTheDampedFactors(double damping) {
        Block block = Block.of(batchRows(normal(1, 30, 4), normal(2, 30, 3)), true);
        block.block.refresh(damping);
        INDArray v = normal(3, 5, 3);
        assertThat(error(block.precondition(v), dampedSolution(block, damping, v)))
                .isLessThan(1e-10);
    }

    /** The inverse of the damped factors as one matrix over the row-major vector. */
    private static INDArray dampedSolution(Block block, double damping, INDArray v) {
        double pi = Math.sqrt((trace(block.a()) / 5) / (trace(block.g()) / 3));
        INDArray a = plusDiagonal(block.a(), pi * Math.sqrt(damping));
        INDArray g = plusDiagonal(block.g(), Math.sqrt(damping) / pi);
        INDArray product = Nd4j.create(DataType.DOUBLE, 15, 15);
        for (int i = 0; i < 15; i++) {
            for (int j = 0; j < 15; j++) {
                product.putScalar(i, j, a.getDouble(i / 3, j / 3) * g.getDouble(i % 3, j % 3));
            }
        }
        return inverse(product).mmul(vec(v).transpose()).reshape('c', 5, 3);
    }

    @Test
    void preconditioningIsLinearAndGivesADescentDirection() {
        Block block = Block.of(batchRows(normal(1, 3, 4), normal(2, 3, 3)), true);
        block.block.refresh(1e-3);
        INDArray v = normal(3, 5, 3);
        INDArray w = normal(4, 5, 3);
        INDArray combined = block.precondition(v.mul(2).sub(w.mul(3)));
        assertThat(error(
                        combined,
                        block.precondition(v).mul(2).sub(block.precondition(w).mul(3))))
                .isLessThan(1e-12);
        for (int k = 0; k < 20; k++) {
            INDArray gradient = normal(100 + k, 5, 3);
            assertThat(inner(block.precondition(gradient), gradient)).isPositive();
        }
    }

    @Test
    void strongDampingGivesTheGradientDividedByTheDamping() {
        Block block = Block.of(batchRows(normal(1, 30, 4), normal(2, 30, 3)), true);
        block.block.refresh(1e12);
        INDArray v = normal(3, 5, 3);
        assertThat(error(block.precondition(v).mul(1e12), v)).isLessThan(1e-5);
    }

    @Test
    void dampingIsTheSameForRescaledFactorsOfTheSameProduct() {
        INDArray a = normal(1, 30, 4);
        INDArray g = normal(2, 30, 3);
        INDArray v = normal(3, 4, 3);
        Block block = Block.of(batchRows(a, g), false);
        Block rescaled = Block.of(batchRows(a.mul(10), g.div(10)), false);
        block.block.refresh(0.1);
        rescaled.block.refresh(0.1);
        assertThat(error(rescaled.precondition(v), block.precondition(v))).isLessThan(1e-12);
    }

    @Test
    void orderAndRepetitionOfSamplesDoNotMatter() {
        INDArray a = normal(1, 6, 4);
        INDArray g = normal(2, 6, 3);
        INDArray dense = Block.of(batchRows(a, g), true).block.toDense();
        INDArray swappedA = Nd4j.vstack(rows(a, 3, 6), rows(a, 0, 3));
        INDArray swappedG = Nd4j.vstack(rows(g, 3, 6), rows(g, 0, 3));
        assertThat(error(Block.of(batchRows(swappedA, swappedG), true).block.toDense(), dense))
                .isLessThan(1e-13);
        OuterProductRows twice = batchRows(Nd4j.vstack(a, a), Nd4j.vstack(g, g));
        assertThat(error(Block.of(twice, true).block.toDense(), dense)).isLessThan(1e-13);
    }

    @Test
    void aDeadLayerIsDampedEvenly() {
        Block block = Block.of(batchRows(normal(1, 6, 4), Nd4j.zeros(DataType.DOUBLE, 6, 3)), true);
        block.block.refresh(0.25);
        INDArray v = normal(3, 5, 3);
        INDArray expected = inverse(plusDiagonal(block.a(), 0.5)).mmul(v).div(0.5);
        assertThat(error(block.precondition(v), expected)).isLessThan(1e-12);
        assertThat(inner(v, block.precondition(v))).isCloseTo(inner(v, expected), within(1e-9));
    }

    @Test
    void improvedFisherFactorIsTheMeanOverSamplesScaledByTheirOutputs() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                dense(3, 4, Activation.TANH).build(),
                output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build());
        INDArray x = normal(1, 8, 3);
        INDArray y = oneHot(8, 3);
        Recorded plain = Recorder.record(network, TestNetworks.batch(x, y));
        Recorded scaled =
                Recorder.record(network, TestNetworks.batch(x, y), DerivativeSource.SCALED_TRUE_LABELS, 1, null);
        INDArray residuals = network.output(x).sub(y);
        for (String layer : List.of("0", "1")) {
            INDArray g = plain.rows().get(layer).derivatives();
            INDArray expected = Nd4j.zeros(DataType.DOUBLE, g.size(1), g.size(1));
            for (long n = 0; n < 8; n++) {
                INDArray row = rows(g, n, n + 1);
                INDArray residual = rows(residuals, n, n + 1);
                expected.addi(row.transpose().mmul(row).div(8 * inner(residual, residual)));
            }
            assertThat(error(Block.of(scaled.rows().get(layer), true).g(), expected))
                    .isLessThan(1e-12);
        }
    }

    @Test
    void whollyMaskedBatchIsNoStatistic() {
        Block block = Block.of(4, 3, true, 0.95);
        INDArray none = Nd4j.zeros(DataType.DOUBLE, 5, 1);
        OuterProductRows masked =
                new OuterProductRows(InputSource.of(normal(1, 5, 4)), Nd4j.zeros(DataType.DOUBLE, 5, 3), none, 0, 5);

        block.block.update(masked);
        block.block.refresh(0.1);
        assertThat(block.block.isReady()).isFalse();

        block.block.update(batchRows(normal(1, 5, 4), normal(2, 5, 3)));
        block.block.refresh(0.1);
        INDArray a = block.a().dup();
        block.block.update(masked);
        assertThat(block.block.isReady()).isTrue();
        assertThat(error(block.a(), a)).isZero();
        assertThat(block.state.statistics()).isEqualTo(1);
    }
}
