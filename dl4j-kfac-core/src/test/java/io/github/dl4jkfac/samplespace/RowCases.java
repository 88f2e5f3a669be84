package io.github.dl4jkfac.samplespace;

import static io.github.dl4jkfac.testing.TestNetworks.normal;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.LookupRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.curvature.rows.PatchAxis;
import io.github.dl4jkfac.curvature.rows.PatchInputs;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import java.util.List;
import java.util.stream.Stream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Rows of every kind, small, in float64. */
final class RowCases {

    static final int SAMPLES = 6;

    private RowCases() {}

    /**
     * Rows and the matrix of parameters that they belong to.
     *
     * @param name what is special about them
     */
    record RowCase(String name, BatchRows rows, BlockShape shape) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<RowCase> all() {
        return Stream.of(
                outer("dense", 1, 4, 3, true, false, 'f'),
                outer("dense, row by row", 1, 4, 3, true, false, 'c'),
                outer("dense without bias", 1, 4, 3, false, false, 'c'),
                outer("dense, masked", 1, 4, 3, true, true, 'f'),
                outer("few positions", 2, 8, 7, true, false, 'f'),
                outer("many positions", 9, 3, 2, true, false, 'f'),
                outer("steps, masked", 5, 3, 4, true, true, 'c'),
                outer("steps without bias", 5, 3, 4, false, true, 'f'),
                joined(),
                bias(1, false),
                bias(4, true),
                patches(true, true),
                patches(true, false),
                patches(false, true),
                depthwise(1, true),
                depthwise(2, true),
                depthwise(3, false),
                units(2),
                units(1),
                lookups(1, false, false),
                lookups(5, false, false),
                lookups(5, true, true));
    }

    static RowCase outer(
            String name, int positions, int inputs, int outputs, boolean bias, boolean masked, char order) {
        INDArray a = normal(1, (long) SAMPLES * positions, inputs).dup(order);
        OuterProductRows rows = rows(InputSource.of(a), positions, outputs, masked);
        ParameterKind kind = positions == 1 ? ParameterKind.DENSE : ParameterKind.RECURRENT;
        return new RowCase(name, rows, BlockShape.of(kind, inputs, outputs, bias));
    }

    private static OuterProductRows rows(InputSource inputs, int positions, int outputs, boolean masked) {
        long count = (long) SAMPLES * positions;
        INDArray weights = masked ? mask(count) : null;
        INDArray derivatives = normal(2, count, outputs).dup('f');
        if (masked) {
            derivatives.muliColumnVector(weights);
        }
        return new OuterProductRows(
                inputs, derivatives, weights, masked ? weights.sumNumber().doubleValue() : count, SAMPLES);
    }

    private static INDArray mask(long count) {
        return normal(3, count, 1).gt(-0.3).castTo(DataType.DOUBLE);
    }

    /** A layer that sees two inputs of each sample. */
    private static RowCase joined() {
        RowCase twice = outer("dense", 2, 4, 3, true, false, 'f');
        OuterProductRows rows = (OuterProductRows) twice.rows();
        BatchRows parts = OuterProductRows.of(rows.inputs(), rows.derivatives(), 2 * SAMPLES);
        return new RowCase("joined", parts.joined(2), twice.shape());
    }

    private static RowCase bias(int positions, boolean masked) {
        BatchRows rows = outer("", positions, 4, 3, true, masked, 'f').rows().biasOnly();
        return new RowCase("bias at " + positions, rows, BlockShape.of(ParameterKind.CONVOLUTION, 0, 3, true));
    }

    private static PatchInputs patches(int channels, boolean homogeneous) {
        INDArray images = normal(4, SAMPLES, channels, 4, 5);
        List<PatchAxis> axes = List.of(PatchAxis.convolution(2, 1, 1, 0, 3), PatchAxis.convolution(3, 2, 1, 1, 3));
        return new PatchInputs(images, axes, PatchInputs.Order.CHANNEL_MAJOR, homogeneous);
    }

    private static RowCase patches(boolean bias, boolean homogeneous) {
        OuterProductRows rows = rows(patches(2, homogeneous), 9, 3, false);
        String name = "patches" + (bias ? "" : " without bias") + (homogeneous ? "" : " without ones");
        return new RowCase(name, rows, BlockShape.of(ParameterKind.CONVOLUTION, 12, 3, bias));
    }

    private static RowCase depthwise(int multiplier, boolean bias) {
        int channels = 3;
        OuterProductRows rows = rows(patches(channels, bias), 9, channels * multiplier, false);
        BlockShape shape = new BlockShape(ParameterKind.DEPTHWISE, 6, channels * multiplier, bias, 6, channels);
        return new RowCase("depthwise, multiplier " + multiplier, rows, shape);
    }

    private static RowCase units(int rows) {
        List<INDArray> gradients =
                List.of(normal(5, SAMPLES, 4), normal(6, SAMPLES, 4).dup('f'));
        return new RowCase(
                "units of " + rows,
                new SampleGradients(gradients.subList(0, rows)),
                BlockShape.of(ParameterKind.UNITWISE, rows - 1, 4, true));
    }

    private static RowCase lookups(int positions, boolean bias, boolean masked) {
        int count = SAMPLES * positions;
        int table = 5;
        int[] indices = normal(7, count, 1).muli(10).castTo(DataType.INT32).toIntVector();
        for (int i = 0; i < count; i++) {
            indices[i] = Math.floorMod(indices[i], table - 1); // the last is never looked up
        }
        OuterProductRows like = rows(InputSource.of(normal(1, count, 1)), positions, 3, masked);
        LookupRows rows = new LookupRows(indices, like.derivatives(), like.weights(), like.active(), SAMPLES);
        return new RowCase(
                "lookups at " + positions + (bias ? " with bias" : ""),
                rows,
                BlockShape.of(ParameterKind.EMBEDDING, table, 3, bias));
    }
}
