package io.github.dl4jkfac.curvature.chain;

import static io.github.dl4jkfac.curvature.BlockMath.kron;
import static io.github.dl4jkfac.curvature.chain.TestLayerChain.joined;
import static io.github.dl4jkfac.curvature.chain.TestLayerChain.shape;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.SHAPES;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.assertDescent;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.blockDiagonal;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.filled;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.mask;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.masked;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.ofNetwork;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.random;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.meanProduct;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.BlockSums;
import io.github.dl4jkfac.curvature.RepeatedPasses;
import io.github.dl4jkfac.curvature.TestBlock;
import io.github.dl4jkfac.curvature.kronecker.KroneckerBlock;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.curvature.rows.PiecewiseInputs;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.testing.Recorder;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossL2;

/** Block-tridiagonal K-FAC against its definition with dense matrices: its moments, and what it inverts. */
class TridiagonalCurvatureTest {

    static Stream<TestLayerChain> chains() {
        TestLayerChain averaged = filled(DataType.DOUBLE);
        return Stream.of(
                averaged,
                TestLayerChain.of(SHAPES, random(3, 30, DataType.DOUBLE)),
                TestLayerChain.of(SHAPES, ofNetwork(40)));
    }

    @ParameterizedTest
    @MethodSource("chains")
    void theInverseHasTheMomentsInItsDiagonalAndFirstOffDiagonalBlocks(TestLayerChain chain) {
        for (double damping : new double[] {1e-3, 0.1, 10}) {
            chain.refresh(damping);
            TridiagonalMath math = TridiagonalMath.of(chain, damping);
            INDArray curvature = inverse(chain.operator());
            for (int i = 0; i < 3; i++) {
                INDArray own = kron(math.a().get(i), math.g().get(i));
                assertThat(error(math.block(curvature, i, i), own)).isLessThan(1e-9);
            }
            for (int i = 0; i < 2; i++) {
                INDArray withNext = kron(math.aNext().get(i), math.gNext().get(i));
                assertThat(error(math.block(curvature, i, i + 1), withNext)).isLessThan(1e-9);
                assertThat(error(math.block(curvature, i + 1, i), withNext.transpose()))
                        .isLessThan(1e-9);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("chains")
    void theSweepsApplyTheInverse(TestLayerChain chain) {
        for (double damping : new double[] {1e-3, 0.1, 10}) {
            chain.refresh(damping);
            assertThat(error(
                            chain.operator(), TridiagonalMath.of(chain, damping).inverseCurvature()))
                    .isLessThan(1e-9);
        }
    }

    @ParameterizedTest
    @MethodSource("chains")
    void whatTheNextLayerDoesNotDetermineIsPositiveDefinite(TestLayerChain chain) {
        TridiagonalMath math = TridiagonalMath.of(chain, 1e-3);
        for (int i = 0; i < 3; i++) {
            INDArray remainder = math.remainder(i).dup('f');
            Solvers.forBackend().invert(remainder, 0, remainder.like()); // throws if it is not
        }
    }

    @ParameterizedTest
    @MethodSource("chains")
    void theDenseMatrixIsTheUndampedCurvature(TestLayerChain chain) {
        INDArray dense = chain.block().toDense();
        assertThat(error(dense.transpose(), dense)).isLessThan(1e-14);
        assertThat(error(inverse(TridiagonalMath.of(chain, 1e-18).inverseCurvature()), dense))
                .isLessThan(1e-5);
        for (int i = 0; i < 3; i++) {
            TridiagonalMath math = TridiagonalMath.of(chain, 0);
            assertThat(error(
                            math.block(dense, i, i),
                            kron(math.a().get(i), math.g().get(i))))
                    .isLessThan(1e-13);
        }
    }

    @Test
    void layersFartherApartHangTogetherThroughThoseBetween() {
        TestLayerChain chain = TestLayerChain.of(SHAPES, ofNetwork(40));
        TridiagonalMath math = TridiagonalMath.of(chain, 0);
        INDArray dense = chain.block().toDense();
        INDArray expected = math.psi(0).mmul(math.block(dense, 1, 2));
        assertThat(expected.norm2Number().doubleValue())
                .isGreaterThan(0.01 * dense.norm2Number().doubleValue());
        assertThat(error(math.block(dense, 0, 2), expected)).isLessThan(1e-9);
    }

    /** There inputs and derivatives are independent, and each layer's follow from its neighbours' alone. */
    @Test
    void theCurvatureOfADeepLinearNetworkIsTheExactFisherMatrixOfAllLayersTogether() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                dense(3, 2, Activation.IDENTITY).build(),
                dense(2, 2, Activation.IDENTITY).build(),
                output(2, 2, Activation.IDENTITY, new LossL2()).build());
        List<BlockShape> shapes = List.of(shape(3, 2, true), shape(2, 2, true), shape(2, 2, true));
        INDArray x = normal(1, 8, 3);
        List<Recorder.Column> columns = Recorder.squaredErrorColumns(network.output(x), 1);
        Map<String, OuterProductRows> rows = Recorder.exactRows(network, x, columns);
        TestLayerChain chain = TestLayerChain.of(shapes, List.of(rows.get("0"), rows.get("1"), rows.get("2")));
        INDArray fisher = Nd4j.zeros(DataType.DOUBLE, 20, 20);
        for (Recorder.Column column : columns) {
            for (long n = 0; n < 8; n++) {
                Map<String, INDArray> gradients = Recorder.record(
                                network,
                                TestNetworks.batch(
                                        TestNetworks.rows(x, n, n + 1), TestNetworks.rows(column.labels(), n, n + 1)))
                        .gradients();
                INDArray u = joined(List.of(gradients.get("0"), gradients.get("1"), gradients.get("2")));
                fisher.addi(u.transpose().mmul(u).divi(8));
            }
        }
        assertThat(error(chain.block().toDense(), fisher)).isLessThan(1e-10);
    }

    @Test
    void correlationsBetweenLayersMatter() {
        TestLayerChain chain = TestLayerChain.of(SHAPES, ofNetwork(40));
        chain.refresh(1e-3);
        List<INDArray> gradients = chain.gradients(3);
        INDArray tridiagonal = joined(chain.precondition(gradients));
        assertThat(error(tridiagonal, joined(blockDiagonal(ofNetwork(40), 1e-3, gradients))))
                .isGreaterThan(0.05);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-4, 0.1, 10})
    void aChainOfOneLayerIsAKroneckerBlock(double damping) {
        List<BlockShape> one = SHAPES.subList(0, 1);
        OuterProductRows rows = ofNetwork(40).get(0);
        TestLayerChain chain = TestLayerChain.of(one, List.of(rows));
        chain.refresh(damping);
        TestBlock block = TestBlock.of(KroneckerBlock.TYPE, one.get(0), rows);
        block.block().refresh(damping);
        INDArray v = normal(3, 3, 3);
        assertThat(error(chain.precondition(List.of(v)).get(0), block.precondition(v)))
                .isLessThan(1e-10);
        assertThat(error(chain.block().toDense(), block.block().toDense())).isLessThan(1e-14);
    }

    /** Inputs abar Omega^T and pre-activations z with z = z' Phi^T in place of abar and z, as Martens and Grosse (2015, sec. 10). */
    @Test
    void undampedStepsDoNotDependOnTheParametrisation() {
        List<OuterProductRows> rows = random(1, 30, DataType.DOUBLE);
        List<OuterProductRows> others = new ArrayList<>();
        List<INDArray> gradients = new ArrayList<>();
        List<INDArray> otherGradients = new ArrayList<>();
        List<INDArray> ofInputs = new ArrayList<>();
        List<INDArray> ofOutputs = new ArrayList<>();
        for (int i = 0; i < SHAPES.size(); i++) {
            BlockShape shape = SHAPES.get(i);
            INDArray omega = normal(50 + i, shape.inputDimension(), shape.inputDimension());
            if (shape.bias()) { // the constant stays
                omega.getRow(shape.inputs()).assign(0);
                omega.putScalar(shape.inputs(), shape.inputs(), 1);
            }
            INDArray phi = normal(60 + i, shape.outputs(), shape.outputs());
            INDArray inputs = Recorder.inputs(rows.get(i));
            INDArray abar = shape.bias() ? homogeneous(inputs) : inputs;
            INDArray otherInputs =
                    abar.mmul(omega.transpose()).get(NDArrayIndex.all(), NDArrayIndex.interval(0, shape.inputs()));
            INDArray g = rows.get(i).derivatives();
            others.add(
                    OuterProductRows.of(InputSource.of(otherInputs), g.mmul(phi).dup('f'), 30));
            gradients.add(meanProduct(abar, g));
            otherGradients.add(omega.mmul(meanProduct(abar, g)).mmul(phi));
            ofInputs.add(inverse(omega).transpose());
            ofOutputs.add(inverse(phi).transpose());
        }
        List<INDArray> steps = undamped(rows, gradients);
        List<INDArray> otherSteps = undamped(others, otherGradients);
        for (int i = 0; i < SHAPES.size(); i++) {
            INDArray expected = ofInputs.get(i).mmul(steps.get(i)).mmul(ofOutputs.get(i));
            assertThat(error(otherSteps.get(i), expected)).isLessThan(1e-9);
        }
    }

    private static List<INDArray> undamped(List<OuterProductRows> rows, List<INDArray> gradients) {
        TestLayerChain chain = TestLayerChain.of(SHAPES, rows);
        chain.refresh(0);
        return chain.precondition(gradients);
    }

    @Test
    void momentsAreMeansOverTheBatch() {
        List<OuterProductRows> rows = ofNetwork(12);
        TestLayerChain chain = TestLayerChain.of(SHAPES, rows);
        INDArray first = homogeneous(Recorder.inputs(rows.get(0)));
        INDArray second = Recorder.inputs(rows.get(1));
        INDArray third = homogeneous(Recorder.inputs(rows.get(2)));
        assertThat(error(chain.moment("A", 0), meanProduct(first, first))).isLessThan(1e-14);
        assertThat(error(chain.states().get(0).get("A_next"), meanProduct(second, first)))
                .isLessThan(1e-14);
        assertThat(error(chain.states().get(1).get("A_next"), meanProduct(third, second)))
                .isLessThan(1e-14);
        for (int i = 0; i < 2; i++) {
            INDArray own = rows.get(i).derivatives();
            INDArray next = rows.get(i + 1).derivatives();
            assertThat(error(chain.states().get(i).get("G_next"), meanProduct(next, own)))
                    .isLessThan(1e-14);
        }
    }

    @Test
    void averagesArePlainMeansFirstAndDecayAfterwards() {
        TestLayerChain chain = TestLayerChain.of(SHAPES, 0.6, DataType.DOUBLE);
        List<String> names = List.of("A", "G", "A_next", "G_next");
        INDArray[] expected = null;
        for (int k = 1; k <= 5; k++) {
            chain.block().update(List.copyOf(random(100L * k, 4 + k, DataType.DOUBLE)));
            TestLayerChain alone = TestLayerChain.of(SHAPES, random(100L * k, 4 + k, DataType.DOUBLE));
            INDArray[] fresh = names.stream()
                    .map(name -> alone.states().get(0).get(name).dup())
                    .toArray(INDArray[]::new);
            double keep = Math.min(1 - 1.0 / k, 0.6);
            for (int i = 0; i < fresh.length; i++) {
                fresh[i] = expected == null ? fresh[i] : expected[i].mul(keep).addi(fresh[i].mul(1 - keep));
                assertThat(error(chain.states().get(0).get(names.get(i)), fresh[i]))
                        .as(names.get(i))
                        .isLessThan(1e-12);
            }
            expected = fresh;
        }
        assertThat(chain.states()).allMatch(state -> state.statistics() == 5);
    }

    @Test
    void maskedRowsAreOut() {
        List<OuterProductRows> rows = ofNetwork(12);
        INDArray mask = mask(12, 1, 5, 6);
        TestLayerChain chain = TestLayerChain.of(SHAPES, masked(rows, mask, mask, mask));
        List<OuterProductRows> left = rows.stream()
                .map(own -> OuterProductRows.of(
                        InputSource.of(without(Recorder.inputs(own), mask)),
                        without(own.derivatives(), mask).muli(Math.sqrt(9 / 12.0)), // G stays a mean over all samples
                        9))
                .toList();
        TestLayerChain expected = TestLayerChain.of(SHAPES, left);
        for (int i = 0; i < SHAPES.size(); i++) {
            assertThat(error(chain.views().get(i), expected.views().get(i))).isLessThan(1e-14);
        }
    }

    /** Joint moments of the layers stay a Gram matrix: otherwise an inverse of rows that are all alike would not be positive. */
    @Test
    void masksMayDifferFromLayerToLayer() {
        INDArray ones = Nd4j.ones(DataType.DOUBLE, 12, 2).dup('f');
        List<BlockShape> shapes = List.of(shape(2, 2, true), shape(2, 2, true));
        OuterProductRows same = OuterProductRows.of(InputSource.of(ones), ones, 12);
        TestLayerChain chain =
                TestLayerChain.of(shapes, masked(List.of(same, same), mask(12, 0, 1, 2, 3, 4, 5, 6), mask(12, 11)));
        assertThat(chain.moment("A", 0).getDouble(0, 0)).isEqualTo(1);
        assertThat(chain.states().get(0).get("A_next").getDouble(0, 0)).isLessThan(1);
        for (double damping : new double[] {1e-6, 1e-3, 1}) {
            chain.refresh(damping);
            if (damping > 1e-6) {
                assertThat(error(
                                chain.operator(),
                                TridiagonalMath.of(chain, damping).inverseCurvature()))
                        .isLessThan(1e-8);
            }
            assertDescent(chain);
        }
    }

    /** One part says nothing of the middle layer, though the whole batch does. */
    @Test
    void aBatchInPartsIsTheWholeBatch() {
        List<OuterProductRows> rows = masked(ofNetwork(12), mask(12, 0), mask(12, 1, 4, 5, 6), mask(12, 11));
        TestLayerChain whole = TestLayerChain.of(SHAPES, random(1, 30, DataType.DOUBLE));
        TestLayerChain parts = TestLayerChain.of(SHAPES, random(1, 30, DataType.DOUBLE));
        List<List<BlockSums>> sums = new ArrayList<>();
        for (int[] part : new int[][] {{0, 4}, {4, 3}, {7, 5}}) {
            sums.add(parts.block()
                    .sums(rows.stream().map(own -> part(own, part[0], part[1])).toList()));
        }
        List<BlockSums> together = IntStream.range(0, SHAPES.size())
                .mapToObj(i -> sums.get(0)
                        .get(i)
                        .plus(sums.get(1).get(i))
                        .plus(sums.get(2).get(i)))
                .toList();
        whole.block().update(List.copyOf(rows));
        parts.block().fold(together);
        for (int i = 0; i < SHAPES.size(); i++) {
            assertThat(error(parts.views().get(i), whole.views().get(i))).isLessThan(1e-12);
        }
    }

    private static BatchRows part(OuterProductRows rows, int first, int size) {
        INDArray weights =
                TestNetworks.rows(rows.weights(), first, first + size).dup();
        return new OuterProductRows(
                InputSource.of(TestNetworks.rows(Recorder.inputs(rows), first, first + size)
                        .dup('f')),
                TestNetworks.rows(rows.derivatives(), first, first + size).dup('f'),
                weights,
                weights.sumNumber().doubleValue(),
                size);
    }

    private static INDArray without(INDArray matrix, INDArray mask) {
        return Nd4j.vstack(IntStream.range(0, (int) matrix.size(0))
                        .filter(n -> mask.getDouble(n, 0) != 0)
                        .mapToObj(n -> matrix.getRow(n, true))
                        .toArray(INDArray[]::new))
                .dup('f');
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void repeatedInputsAreTheirCopies(boolean masked) {
        List<RepeatedPasses> passes = ofNetwork(10).stream()
                .map(own -> RepeatedPasses.of(own, masked))
                .toList();
        TestLayerChain repeated = TestLayerChain.of(
                SHAPES, passes.stream().map(RepeatedPasses::repeated).toList());
        TestLayerChain copied = TestLayerChain.of(
                SHAPES, passes.stream().map(RepeatedPasses::copied).toList());
        for (int i = 0; i < SHAPES.size(); i++) {
            assertThat(error(repeated.views().get(i), copied.views().get(i))).isLessThan(1e-13);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void piecesOfABatchAreTheBatch(boolean homogeneous) {
        List<OuterProductRows> rows = ofNetwork(10);
        TestLayerChain expected = TestLayerChain.of(SHAPES, masked(rows, mask(10, 3), mask(10, 3), mask(10, 3)));
        List<OuterProductRows> pieces = rows.stream()
                .map(own -> OuterProductRows.of(
                        new PiecewiseInputs(Recorder.inputs(own), 4, homogeneous), own.derivatives(), own.samples()))
                .toList();
        TestLayerChain chain = TestLayerChain.of(SHAPES, masked(pieces, mask(10, 3), mask(10, 3), mask(10, 3)));
        for (int i = 0; i < SHAPES.size(); i++) {
            assertThat(error(chain.views().get(i), expected.views().get(i))).isLessThan(1e-14);
        }
    }
}
