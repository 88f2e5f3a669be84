package io.github.dl4jkfac.samplespace;

import static io.github.dl4jkfac.samplespace.LayerBatch.J;
import static io.github.dl4jkfac.samplespace.LayerBatch.LAYERS;
import static io.github.dl4jkfac.samplespace.LayerBatch.MEAN;
import static io.github.dl4jkfac.samplespace.LayerBatch.N;
import static io.github.dl4jkfac.samplespace.LayerBatch.ROWS;
import static io.github.dl4jkfac.samplespace.LayerBatch.S;
import static io.github.dl4jkfac.samplespace.LayerBatch.inverseRoots;
import static io.github.dl4jkfac.samplespace.LayerBatch.part;
import static io.github.dl4jkfac.samplespace.LayerBatch.solved;
import static io.github.dl4jkfac.samplespace.LayerBatch.space;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.inner;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.testing.LogCapture;
import io.github.dl4jkfac.testing.Recorder;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What {@link SampleSpace} keeps and refuses, and where rounding ends it. */
class SampleSpaceContractTest {

    private static final double EXACT = 1e-10;

    @Test
    void theMatrixCanBeWrittenOut() {
        JointUpdate fisher = new JointUpdate(space(SampleMethod.FISHER));
        assertThat(error(fisher.dense(), J.transpose().mmul(J).divi(N))).isLessThan(EXACT);
        JointUpdate improved = new JointUpdate(space(SampleMethod.IMPROVED_EMPIRICAL_FISHER));
        INDArray scaled = J.mulColumnVector(inverseRoots());
        assertThat(error(improved.dense(), scaled.transpose().mmul(scaled).divi(N)))
                .isLessThan(EXACT);
        assertThatThrownBy(() -> space(SampleMethod.FISHER).block().toDense())
                .isInstanceOf(IllegalStateException.class);
    }

    private record JointUpdate(TestSpace space) {
        INDArray dense() {
            space.block().outputNorms(S);
            space.block().update(ROWS);
            return space.block().toDense();
        }
    }

    @Test
    void everyStepNeedsABatchOfItsOwn() {
        TestSpace space = space(SampleMethod.EMPIRICAL_FISHER);
        assertThat(space.block().isReady()).isFalse();
        space.block().refresh(List.of(1.0));
        assertThat(space.block().isReady()).as("nothing to refresh from").isFalse();
        assertThat(space.precondition(MEAN).norm2Number().doubleValue()).isZero();
        space.block().update(ROWS);
        assertThat(space.block().isReady()).isFalse();
        space.block().refresh(List.of(1.0, 1.0, 1.0, 1.0, 1.0, 1.0));
        assertThat(space.block().isReady()).isTrue();
        assertThat(space.precondition(MEAN).norm2Number().doubleValue()).isPositive();
        assertThat(space.block().isReady()).isFalse();
        space.views()
                .forEach(view -> assertThat(view.norm1Number().doubleValue())
                        .as("nothing is kept")
                        .isZero());
    }

    @Test
    void aGramMatrixThatOverflowsMakesNoStepAndIsNamedOnce() {
        TestSpace space = TestSpace.of(
                new SampleSpaceKind(SampleMethod.EMPIRICAL_FISHER, 0.1),
                List.of(BlockShape.of(ParameterKind.DENSE, 4, 3, true)),
                DataType.FLOAT);
        INDArray huge = normal(1, N, 4).mul(1e30).castTo(DataType.FLOAT);
        OuterProductRows rows = OuterProductRows.of(
                InputSource.of(huge), huge.dup('f').get(NDArrayIndex.all(), NDArrayIndex.interval(0, 3)), N);
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < 2; i++) {
                INDArray step = space.step(List.of(rows), null, 0, normal(2, 1, 15));
                assertThat(step.norm2Number().doubleValue()).isZero();
            }
            assertThat(log.warnings()).hasSize(1);
            assertThat(log.warnings().get(0)).contains("Gram matrix");
        }
    }

    @Test
    void aBatchOfZerosMakesNoStep() {
        OuterProductRows rows = (OuterProductRows) LAYERS.get(0).rows();
        OuterProductRows dead =
                OuterProductRows.of(rows.inputs(), rows.derivatives().mul(0).dup('f'), N);
        for (SampleMethod method : SampleMethod.values()) {
            TestSpace space = TestSpace.of(new SampleSpaceKind(method, 0.1), LAYERS.subList(0, 1));
            INDArray step = space.step(List.of(dead), S, 0.02, normal(2, 1, 15).mul(0));
            assertThat(step.norm2Number().doubleValue()).isZero();
            INDArray undamped = space.step(List.of(dead), S, 0, normal(2, 1, 15));
            assertThat(Finite.isFinite(undamped)).isTrue();
        }
    }

    @Test
    void samplesThatAreAlikeDoNoHarm() {
        OuterProductRows rows = (OuterProductRows) LAYERS.get(0).rows();
        INDArray a = Recorder.inputs(rows);
        INDArray same = Nd4j.tile(a.getRow(0, true), N, 1);
        INDArray g = Nd4j.tile(rows.derivatives().getRow(0, true), N, 1).dup('f');
        OuterProductRows alike = OuterProductRows.of(InputSource.of(same), g, N);
        INDArray mean = BruteForce.gradients(alike, LAYERS.get(0).shape()).mean(true, 0);
        INDArray step = TestSpace.of(new SampleSpaceKind(SampleMethod.EMPIRICAL_FISHER, 0), LAYERS.subList(0, 1))
                .step(List.of(alike), null, 0, mean);
        assertThat(error(step, mean.div(inner(mean, mean)))).isLessThan(1e-6);
    }

    @Test
    void layersOfDifferentBatchesAreRefused() {
        OuterProductRows rows = (OuterProductRows) LAYERS.get(0).rows();
        OuterProductRows fewer = OuterProductRows.of(
                InputSource.of(normal(1, 3, 4)), normal(2, 3, 3).dup('f'), 3);
        TestSpace space =
                TestSpace.of(new SampleSpaceKind(SampleMethod.FISHER, 0), List.of(LAYERS.get(0), LAYERS.get(0)));
        assertThatThrownBy(() -> space.block().update(List.of(rows, fewer)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("layer1", "3", "layer0", "6");
    }

    @Test
    void missingNormsAreRefused() {
        TestSpace space = space(SampleMethod.IMPROVED_EMPIRICAL_FISHER);
        assertThatThrownBy(() -> space.block().update(ROWS))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("none");
        space.block().outputNorms(normal(1, N + 1, 1));
        assertThatThrownBy(() -> space.block().update(ROWS))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(Integer.toString(N + 1));
    }

    @ParameterizedTest
    @EnumSource(SampleMethod.class)
    void floatsDoAsWellAsDoubles(SampleMethod method) {
        OuterProductRows rows = (OuterProductRows) LAYERS.get(0).rows();
        OuterProductRows floats = OuterProductRows.of(
                InputSource.of(Recorder.inputs(rows).castTo(DataType.FLOAT)),
                rows.derivatives().castTo(DataType.FLOAT),
                N);
        SampleSpaceKind kind = new SampleSpaceKind(method, 0.01);
        INDArray v = part(MEAN, 0, 15);
        INDArray expected = TestSpace.of(kind, LAYERS.subList(0, 1)).step(List.of(rows), S, 0, v);
        TestSpace single = TestSpace.of(kind, List.of(LAYERS.get(0).shape()), DataType.FLOAT);
        assertThat(error(single.step(List.of(floats), S.castTo(DataType.FLOAT), 0, v), expected))
                .isLessThan(1e-3);
    }

    /** In single precision, dampings below what a Gram matrix can tell are raised. */
    @Test
    void tinyDampingIsSafeInSinglePrecision() {
        long many = 64;
        INDArray a = normal(51, many, 3).castTo(DataType.FLOAT);
        INDArray g = normal(52, many, 2).castTo(DataType.FLOAT).dup('f');
        BlockShape shape = BlockShape.of(ParameterKind.DENSE, 3, 2, true); // 8 parameters: the Gram matrix is singular
        OuterProductRows rows = OuterProductRows.of(InputSource.of(a), g, many);
        INDArray j = BruteForce.gradients(rows, shape);
        INDArray mean = j.mean(true, 0);
        INDArray s = Nd4j.ones(DataType.FLOAT, many, 1);
        for (SampleMethod method : SampleMethod.values()) {
            INDArray step = TestSpace.of(new SampleSpaceKind(method, 1e-12), List.of(shape), DataType.FLOAT)
                    .step(List.of(rows), s, 0, mean);
            assertThat(error(step, solved(j, 1e-9, mean))).as("%s", method).isLessThan(0.1);
        }
    }

    /** As in training: the workspace of the rows is open until the step ends, and not current when it is made. */
    @Test
    void rowsMayLieInAWorkspace() {
        WorkspaceConfiguration configuration =
                WorkspaceConfiguration.builder().initialSize(1 << 22).build();
        for (SampleMethod method : SampleMethod.values()) {
            INDArray expected = space(method).step(ROWS, S, 0.02, MEAN);
            TestSpace space = space(method);
            for (int round = 0; round < 2; round++) {
                MemoryWorkspace workspace =
                        Nd4j.getWorkspaceManager().getAndActivateWorkspace(configuration, "SampleSpaceTest");
                space.block().outputNorms(S.dup());
                space.block().update(ROWS);
                space.block().refresh(Collections.nCopies(LAYERS.size(), 0.02));
                Nd4j.getMemoryManager().setCurrentWorkspace(null);
                assertThat(error(space.precondition(MEAN), expected)).isLessThan(1e-14);
                workspace.close();
            }
        }
    }

    /** Deeplearning4j takes the layers' inputs back when its backward pass has ended. */
    @Test
    void inputsAreCopied() {
        OuterProductRows dense = (OuterProductRows) LAYERS.get(0).rows();
        INDArray inputs = Recorder.inputs(dense).dup();
        OuterProductRows rows = OuterProductRows.of(InputSource.of(inputs), dense.derivatives(), N);
        TestSpace space = TestSpace.of(new SampleSpaceKind(SampleMethod.FISHER, 0), LAYERS.subList(0, 1));
        INDArray expected = space.step(List.of(rows), null, 0.02, part(MEAN, 0, 15));
        space.block().update(List.of(rows));
        space.block().refresh(List.of(0.02));
        inputs.assign(Double.NaN);
        assertThat(space.precondition(part(MEAN, 0, 15))).isEqualTo(expected);
    }

    @Test
    void impossibleOptionsAreRefused() {
        assertThatThrownBy(() -> new SampleSpaceKind(SampleMethod.FISHER, -1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> new SampleSpaceKind(SampleMethod.FISHER, Double.NaN))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> new SampleSpaceKind(SampleMethod.FISHER, 0, CoefficientSharing.ORDER, 5))
                .hasMessageContaining("FISHER");
        assertThatThrownBy(() -> new SampleSpaceKind(SampleMethod.EMPIRICAL_FISHER, 0, CoefficientSharing.ORDER, 0))
                .hasMessageContaining("0");
        SampleSpaceKind reused = new SampleSpaceKind(SampleMethod.EMPIRICAL_FISHER, 0, CoefficientSharing.POSITION, 5);
        assertThatThrownBy(() -> TestSpace.of(reused, LAYERS)).hasMessageContaining("6 layers");
    }
}
