package io.github.dl4jkfac.curvature.chain;

import static io.github.dl4jkfac.curvature.chain.TestLayerChain.joined;
import static io.github.dl4jkfac.curvature.chain.TestLayerChain.shape;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.DAMPING;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.SHAPES;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.assertDescent;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.blockDiagonal;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.filled;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.mask;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.masked;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.ofNetwork;
import static io.github.dl4jkfac.curvature.chain.ThreeLayers.random;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.inner;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.testing.LogCapture;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Block-tridiagonal K-FAC does what every curvature must do. */
class TridiagonalBlockTest {

    @Test
    void aBatchThatSaysNothingOfOneLayerIsNoStatisticOfAny() {
        TestLayerChain chain = filled(DataType.DOUBLE);
        List<INDArray> before = chain.views().stream().map(INDArray::dup).toList();
        INDArray none = Nd4j.zeros(DataType.DOUBLE, 6, 1);
        chain.block().update(List.copyOf(masked(random(4, 6, DataType.DOUBLE), mask(6), none, mask(6))));
        assertThat(chain.views()).isEqualTo(before);
    }

    @Test
    void layersMustHaveTheSameRows() {
        List<OuterProductRows> rows = random(1, 6, DataType.DOUBLE);
        List<BatchRows> mixed =
                List.of(rows.get(0), random(1, 5, DataType.DOUBLE).get(1), rows.get(2));
        TestLayerChain chain = TestLayerChain.of(SHAPES, 0, DataType.DOUBLE);
        assertThatThrownBy(() -> chain.block().update(mixed))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("layer0")
                .hasMessageContaining("layer1")
                .hasMessageContaining("6 rows")
                .hasMessageContaining("5 rows");
    }

    @Test
    void allThatLastsIsInTheStates() {
        TestLayerChain chain = filled(DataType.FLOAT);
        TestLayerChain copy = chain.copy();
        List<INDArray> gradients = chain.gradients(3);
        assertThat(copy.block().isReady()).isTrue();
        assertThat(copy.precondition(gradients)).isEqualTo(chain.precondition(gradients));
        for (TestLayerChain each : List.of(chain, copy)) {
            each.block().update(List.copyOf(random(5, 9, DataType.FLOAT)));
        }
        assertThat(copy.precondition(gradients)).isEqualTo(chain.precondition(gradients));
        chain.refresh(0.3);
        copy.refresh(0.3);
        assertThat(copy.views()).isEqualTo(chain.views());
        assertThat(copy.precondition(gradients)).isEqualTo(chain.precondition(gradients));
    }

    @Test
    void statisticsAloneDoNotMoveTheInverse() {
        TestLayerChain chain = filled(DataType.DOUBLE);
        List<INDArray> gradients = chain.gradients(3);
        List<INDArray> before = chain.precondition(gradients);
        chain.block().update(List.copyOf(random(5, 9, DataType.DOUBLE)));
        assertThat(chain.precondition(gradients)).isEqualTo(before);
        chain.refresh(DAMPING);
        assertThat(error(joined(chain.precondition(gradients)), joined(before))).isGreaterThan(1e-3);
    }

    @Test
    void aChainIsReadyOnceItHasStatisticsAndAnInverse() {
        TestLayerChain chain = TestLayerChain.of(SHAPES, 0.95, DataType.DOUBLE);
        assertThat(chain.block().isReady()).isFalse();
        chain.refresh(DAMPING);
        assertThat(chain.block().isReady()).isFalse();
        chain.block().update(List.copyOf(random(1, 5, DataType.DOUBLE)));
        assertThat(chain.block().isReady()).isFalse();
        chain.refresh(DAMPING);
        assertThat(chain.block().isReady()).isTrue();
    }

    @Test
    void preconditioningIsLinearSymmetricAndPositive() {
        TestLayerChain chain = filled(DataType.DOUBLE);
        List<INDArray> states = chain.views().stream().map(INDArray::dup).toList();
        INDArray operator = chain.operator();
        assertThat(error(operator.transpose(), operator)).isLessThan(1e-12);
        assertDescent(chain);
        INDArray v = joined(chain.gradients(3));
        assertThat(error(
                        joined(chain.precondition(chain.split(v))),
                        operator.mmul(v.transpose()).transpose()))
                .isLessThan(1e-12);
        assertThat(chain.views()).as("states unchanged").isEqualTo(states);
    }

    @Test
    void strongDampingGivesTheGradientDividedByTheDamping() {
        TestLayerChain chain = filled(DataType.DOUBLE);
        chain.refresh(1e12);
        List<INDArray> gradients = chain.gradients(3);
        assertThat(error(joined(chain.precondition(gradients)).mul(1e12), joined(gradients)))
                .isLessThan(1e-4);
    }

    @Test
    void partsOfLargerMatricesDoAsWell() {
        TestLayerChain chain = filled(DataType.DOUBLE);
        List<INDArray> gradients = chain.gradients(3);
        List<INDArray> larger = new ArrayList<>();
        List<INDArray> parts = new ArrayList<>();
        for (INDArray gradient : gradients) {
            INDArray large = Nd4j.create(DataType.DOUBLE, new long[] {gradient.size(0) + 3, gradient.size(1) + 2}, 'f');
            INDArray part = large.get(
                    NDArrayIndex.interval(1, 1 + gradient.size(0)), NDArrayIndex.interval(2, 2 + gradient.size(1)));
            larger.add(large);
            parts.add(part.assign(gradient));
        }
        chain.block().precondition(parts);
        assertThat(error(joined(parts), joined(chain.precondition(gradients)))).isLessThan(1e-13);
        parts.forEach(part -> part.assign(0));
        assertThat(larger)
                .as("nothing written beside them")
                .allMatch(large -> large.norm1Number().doubleValue() == 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", "G", "A_next", "G_next"})
    void aFailedRefreshLeavesTheLastGoodInverse(String moment) {
        TestLayerChain chain = filled(DataType.DOUBLE);
        List<INDArray> gradients = chain.gradients(3);
        List<INDArray> before = chain.precondition(gradients);
        chain.states().get(1).get(moment).assign(Double.NaN);
        try (LogCapture log = new LogCapture()) {
            chain.refresh(DAMPING);
            chain.refresh(DAMPING);
            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .contains("layer1")
                    .contains("last good inverse");
        }
        assertThat(chain.precondition(gradients)).isEqualTo(before);
    }

    @Test
    void aFailedFirstRefreshLeavesEachLayerItsOwnBlock() {
        List<OuterProductRows> rows = ofNetwork(40);
        TestLayerChain chain = TestLayerChain.of(SHAPES, rows);
        chain.states().get(0).get("G_next").assign(Double.NaN);
        try (LogCapture log = new LogCapture()) {
            chain.refresh(DAMPING);
            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .contains("layer0")
                    .contains("a block each");
        }
        List<INDArray> gradients = chain.gradients(3);
        assertThat(error(joined(chain.precondition(gradients)), joined(blockDiagonal(rows, DAMPING, gradients))))
                .isLessThan(1e-10);
    }

    @Test
    void aFailedFirstRefreshGivesNothingThatIsNotFinite() {
        TestLayerChain chain = TestLayerChain.of(SHAPES, ofNetwork(40));
        chain.states()
                .forEach(state ->
                        List.of("A", "G").forEach(name -> state.get(name).assign(Double.NaN)));
        try (LogCapture log = new LogCapture()) {
            chain.refresh(DAMPING);
            assertThat(log.warnings()).hasSize(1);
        }
        assertThat(chain.block().isReady()).isTrue();
        assertDescent(chain);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.01})
    void deadLayersArePreconditionedAllTheSame(double damping) {
        List<OuterProductRows> dead = ofNetwork(12).stream()
                .map(own -> OuterProductRows.of(own.inputs(), own.derivatives().mul(0), 12))
                .toList();
        TestLayerChain chain = TestLayerChain.of(SHAPES, dead);
        chain.refresh(damping);
        assertDescent(chain);
    }

    /** Of a linear network the next layer determines all of this one: S_i is singular but for damping. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 1e-8, 1e-3})
    void layersThatDetermineEachOtherArePreconditionedAllTheSame(double damping) {
        INDArray w = normal(1, 2, 2);
        INDArray a = normal(2, 20, 2);
        INDArray g = normal(3, 20, 2).dup('f');
        List<BlockShape> shapes = List.of(shape(2, 2, true), shape(2, 2, true));
        TestLayerChain chain = TestLayerChain.of(
                shapes,
                List.of(
                        OuterProductRows.of(
                                InputSource.of(a), g.mmul(w.transpose()).dup('f'), 20),
                        OuterProductRows.of(InputSource.of(a.mmul(w)), g, 20)));
        chain.refresh(damping);
        assertDescent(chain);
    }

    @Test
    void floatsDoAsWellAsDoubles() {
        TestLayerChain single = filled(DataType.FLOAT);
        List<INDArray> gradients = single.gradients(3);
        List<INDArray> result = single.precondition(gradients);
        assertThat(result).allMatch(matrix -> matrix.dataType() == DataType.FLOAT);
        assertThat(error(joined(result), joined(filled(DataType.DOUBLE).precondition(gradients))))
                .isLessThan(1e-3);
    }

    @Test
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    void nothingThatLastsLivesInTheCallersWorkspace() {
        List<INDArray> views = TestLayerChain.of(SHAPES, 0.75, DataType.DOUBLE).views();
        TestLayerChain chain = null;
        WorkspaceConfiguration configuration =
                WorkspaceConfiguration.builder().initialSize(1 << 22).build();
        for (int round = 0; round < 2; round++) {
            List<BatchRows> rows = List.copyOf(random(1 + round, round == 0 ? 12 : 7, DataType.DOUBLE));
            try (MemoryWorkspace ignored =
                    Nd4j.getWorkspaceManager().getAndActivateWorkspace(configuration, "TridiagonalBlockTest")) {
                chain = chain == null ? TestLayerChain.of(SHAPES, 0.75, views) : chain;
                chain.block().update(rows);
                chain.refresh(DAMPING);
            }
        }
        List<INDArray> gradients = chain.gradients(3);
        assertThat(chain.precondition(gradients))
                .isEqualTo(filled(DataType.DOUBLE).precondition(gradients));
    }

    @Test
    void theKindDescribesItself() {
        BlockShape own = shape(4, 3, true);
        TridiagonalKind inner = new TridiagonalKind(shape(3, 2, true));
        TridiagonalKind last = new TridiagonalKind(null);
        assertThat(inner).isEqualTo(new TridiagonalKind(shape(3, 2, true))).isNotEqualTo(last);
        assertThat(inner.layout(own).type()).isEqualTo(last.layout(own).type()).isEqualTo("BlockTridiagonal");
        assertThat(inner.layout(own).parameters()).isEqualTo(15);
        assertThat(inner.layout(own)).isNotEqualTo(last.layout(own));
        assertThat(inner.refreshFlops(own)).isGreaterThan(last.refreshFlops(own));
        assertThat(last.refreshFlops(own)).isPositive();
    }
}
