package io.github.dl4jkfac.curvature;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One batch, as a layer's parameters see it: row n of the gradient's sum is [inputs_n, 1]^T derivatives_n.
 *
 * @param inputs layer inputs a, [rows, nIn]; without the homogeneous coordinate
 * @param derivatives derivatives g of the per-sample losses (sums, never divided by the batch size) with respect to the
 *     pre-activations, [rows, dG]; rows that a mask excludes are zero
 * @param weights column [rows,1] of ones and zeros that tells which rows a mask leaves in; null when all are in
 * @param active number of rows that are in
 * @param samples number of samples N over which the mean is taken; differs from {@code active} when masks exclude some
 */
public record BatchRows(INDArray inputs, INDArray derivatives, INDArray weights, double active, double samples) {

    /**
     * Checks that inputs and derivatives have the same number of rows.
     *
     * @param inputs layer inputs, [rows, nIn]
     * @param derivatives derivatives of the per-sample losses, [rows, dG]
     * @param weights column [rows,1] of ones and zeros, or null
     * @param active number of rows that are in
     * @param samples number of samples N
     * @throws IllegalArgumentException if they have not
     */
    public BatchRows {
        if (inputs.size(0) != derivatives.size(0)) {
            throw new IllegalArgumentException(
                    "Inputs have " + inputs.size(0) + " rows, derivatives " + derivatives.size(0));
        }
    }
}
