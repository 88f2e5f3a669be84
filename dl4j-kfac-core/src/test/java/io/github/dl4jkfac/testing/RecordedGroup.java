package io.github.dl4jkfac.testing;

import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.LookupRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * What one step told about one group of a layer's parameters, copied.
 *
 * @param layer the layer's name
 * @param group the parameters
 * @param gradient DL4J's own gradient sum, the matrix [dA,dG] of the group's segments
 * @param fromRows the same from the rows, sum_n [a_n,1]^T g_n
 * @param inputs what the rows hold beside derivatives: inputs or indices, [rows, ...]; null if nothing
 * @param derivatives [rows, ...]
 * @param samples number of samples
 * @param active number of active rows
 * @param weights column of ones and zeros that tells which rows a mask leaves in; null when all are in
 */
public record RecordedGroup(
        String layer,
        ParameterGroup group,
        INDArray gradient,
        INDArray fromRows,
        INDArray inputs,
        INDArray derivatives,
        long samples,
        double active,
        INDArray weights) {

    static RecordedGroup of(LayerSlot slot, int index, BatchRows rows) {
        ParameterGroup group = slot.groups().get(index);
        return new RecordedGroup(
                slot.name(),
                group,
                gradient(slot.layer(), group),
                sum(rows, group.shape()),
                inputs(rows),
                derivatives(rows),
                rows.samples(),
                rows.active(),
                weights(rows));
    }

    private static INDArray weights(BatchRows rows) {
        INDArray weights = null;
        if (rows instanceof OuterProductRows outer) {
            weights = outer.weights();
        } else if (rows instanceof LookupRows lookup) {
            weights = lookup.weights();
        }
        return weights == null ? null : weights.dup();
    }

    @Override
    public String toString() {
        return layer + " " + group.segments().stream().map(Segment::parameter).toList();
    }

    private static INDArray inputs(BatchRows rows) {
        if (rows instanceof OuterProductRows outer) {
            return Recorder.inputs(outer);
        }
        return rows instanceof LookupRows lookup
                ? Nd4j.createFromArray(lookup.indices()).reshape('c', lookup.indices().length, 1)
                : null;
    }

    private static INDArray derivatives(BatchRows rows) {
        if (rows instanceof OuterProductRows outer) {
            return outer.derivatives().dup();
        }
        return rows instanceof LookupRows lookup
                ? lookup.derivatives().dup()
                : Nd4j.hstack(((SampleGradients) rows).gradients().toArray(INDArray[]::new))
                        .dup(); // of one matrix it would be the matrix itself
    }

    /** DL4J's gradient of a group. */
    public static INDArray gradient(Layer layer, ParameterGroup group) {
        return gathered(layer.getGradientsViewArray(), layer, group);
    }

    /** A group's matrix from a flat array like the layer's parameters, by where these really lie. */
    public static INDArray gathered(INDArray all, Layer layer, ParameterGroup group) {
        INDArray flat = all.dup().reshape('c', new long[] {all.length()});
        INDArray matrix = Nd4j.create(
                flat.dataType(), group.shape().inputDimension(), group.shape().outputs());
        long row = 0;
        for (Segment segment : group.segments()) {
            long start = layer.getParam(segment.parameter()).offset()
                    - layer.params().offset()
                    + segment.offset();
            INDArray part = flat.get(NDArrayIndex.interval(start, start + segment.length()))
                    .dup()
                    .reshape(segment.order(), segment.dimensions());
            INDArray ordered = part.permute(Arrays.copyOf(segment.permutation(), part.rank()))
                    .dup('c')
                    .reshape('c', segment.rows(), group.shape().outputs());
            matrix.get(NDArrayIndex.interval(row, row + segment.rows()), NDArrayIndex.all())
                    .assign(ordered);
            row += segment.rows();
        }
        return matrix;
    }

    /** The gradient sum that the rows make. */
    private static INDArray sum(BatchRows rows, BlockShape shape) {
        if (rows instanceof SampleGradients own) {
            List<INDArray> sums =
                    own.gradients().stream().map(g -> g.sum(true, 0)).toList();
            return Nd4j.vstack(sums.toArray(INDArray[]::new));
        }
        INDArray inputs = rows instanceof LookupRows lookup ? oneHot(lookup.indices(), shape.inputs()) : inputs(rows);
        INDArray derivatives = derivatives(rows);
        INDArray ones = Nd4j.ones(derivatives.dataType(), derivatives.size(0), 1);
        boolean appended =
                rows instanceof OuterProductRows outer && outer.inputs().homogeneous();
        if (shape.kind() == ParameterKind.DEPTHWISE) {
            return depthwise(inputs, derivatives, shape, appended);
        }
        INDArray abar = shape.bias() && !appended ? Nd4j.hstack(inputs.castTo(ones.dataType()), ones) : inputs;
        return abar.transpose().mmul(derivatives);
    }

    /** Channel by channel: [window (+1), multiplier] each, side by side. */
    private static INDArray depthwise(INDArray inputs, INDArray derivatives, BlockShape shape, boolean appended) {
        int channels = shape.groups();
        int window = shape.inputs();
        int multiplier = shape.outputs() / channels;
        if (inputs.size(1) != (long) channels * window + (appended ? 1 : 0)) {
            throw new AssertionError("Depthwise rows of width " + inputs.size(1) + " for " + shape);
        }
        INDArray ones = Nd4j.ones(derivatives.dataType(), derivatives.size(0), 1);
        INDArray[] parts = new INDArray[channels];
        for (int c = 0; c < channels; c++) {
            INDArray a = inputs.get(NDArrayIndex.all(), NDArrayIndex.interval((long) c * window, (c + 1L) * window));
            INDArray g = derivatives.get(
                    NDArrayIndex.all(), NDArrayIndex.interval((long) c * multiplier, (c + 1L) * multiplier));
            parts[c] = (shape.bias() ? Nd4j.hstack(a, ones) : a).transpose().mmul(g);
        }
        return Nd4j.hstack(parts);
    }

    private static INDArray oneHot(int[] indices, int width) {
        INDArray matrix = Nd4j.zeros(org.nd4j.linalg.api.buffer.DataType.DOUBLE, indices.length, width);
        for (int i = 0; i < indices.length; i++) {
            matrix.putScalar(i, indices[i], 1);
        }
        return matrix;
    }
}
