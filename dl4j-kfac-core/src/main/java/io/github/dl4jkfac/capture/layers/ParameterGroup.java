package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.SingleKind;
import java.util.ArrayList;
import java.util.List;

/**
 * Parameters of a layer that share a curvature block, as a matrix [dA,dG] whose last row may be the bias.
 *
 * @param shape the matrix, with the bias if there is one
 * @param weights where the rows without the bias lie
 * @param bias where the last row lies; null if there is none
 * @param type the block that suits the parameters; null for the usual one of their kind
 */
public record ParameterGroup(BlockShape shape, List<Segment> weights, Segment bias, SingleKind type) {

    /**
     * Checks that the segments make up the matrix.
     *
     * @param shape the matrix, with the bias if there is one
     * @param weights where the rows without the bias lie
     * @param bias where the last row lies; null if there is none
     * @param type the block that suits the parameters; null for the usual one of their kind
     * @throws IllegalArgumentException if they do not
     */
    public ParameterGroup {
        weights = List.copyOf(weights);
        int rows = weights.stream().mapToInt(Segment::rows).sum();
        if (rows != shape.inputs() || shape.bias() != (bias != null)) {
            throw new IllegalArgumentException("The segments have " + rows + " rows and "
                    + (bias == null ? "no bias" : "a bias") + ", the matrix is " + shape);
        }
    }

    /**
     * A group with the usual block of its kind.
     *
     * @param shape the matrix, with the bias if there is one
     * @param weights where the rows without the bias lie
     * @param bias where the last row lies; null if there is none
     */
    public ParameterGroup(BlockShape shape, List<Segment> weights, Segment bias) {
        this(shape, weights, bias, null);
    }

    /** {@return all segments, from the first row of the matrix to the last} */
    public List<Segment> segments() {
        List<Segment> all = new ArrayList<>(weights);
        if (bias != null) {
            all.add(bias);
        }
        return all;
    }

    /** {@return the group without its bias; null if nothing is left} */
    public ParameterGroup weightsOnly() {
        return weights.isEmpty() ? null : new ParameterGroup(shape.withBias(false), weights, null, type);
    }

    /** {@return the bias alone; null if there is none} */
    public ParameterGroup biasOnly() {
        if (bias == null) {
            return null;
        }
        BlockShape row = BlockShape.of(shape.kind(), 0, shape.outputs(), true);
        return new ParameterGroup(row, List.of(), bias, type);
    }
}
