package io.github.dl4jkfac.curvature;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The matrix [dA,dG] that a group of parameters forms.
 *
 * @param kind how the parameters act
 * @param inputs rows of the matrix without the bias; 0 for a bias alone
 * @param outputs dG, columns of the matrix
 * @param bias whether the last row is the bias
 * @param window number of weights per input channel: kernel height times width; 1 where there is no kernel
 * @param groups number of channels that have a matrix of their own each; 1 unless depthwise
 */
public record BlockShape(ParameterKind kind, int inputs, int outputs, boolean bias, int window, int groups) {

    /**
     * Makes the shape of parameters without kernel and groups.
     *
     * @param kind how the parameters act
     * @param inputs rows of the matrix without the bias
     * @param outputs dG
     * @param bias whether the last row is the bias
     * @return the shape
     */
    public static BlockShape of(ParameterKind kind, int inputs, int outputs, boolean bias) {
        return new BlockShape(kind, inputs, outputs, bias, 1, 1);
    }

    /** {@return dA, rows of the matrix} */
    public int inputDimension() {
        return inputs + (bias ? 1 : 0);
    }

    /** {@return the number of parameters} */
    public long parameters() {
        return (long) inputDimension() * outputs;
    }

    /**
     * Changes what belongs to the last row.
     *
     * @param with whether the last row is the bias
     * @return the same shape with or without bias
     */
    public BlockShape withBias(boolean with) {
        return new BlockShape(kind, inputs, outputs, with, window, groups);
    }

    /** {@return how many outputs each channel with a matrix of its own has} */
    public int outputsPerGroup() {
        return outputs / groups;
    }

    /**
     * Picks one entry of every channel's matrix.
     *
     * @param matrix [dA,dG], column c outputsPerGroup + output; not modified
     * @param row of a channel's matrix
     * @param output column of a channel's matrix
     * @return that entry of all channels, a view [groups]
     */
    public INDArray acrossGroups(INDArray matrix, int row, int output) {
        INDArray entries = matrix.getRow(row);
        return outputsPerGroup() == 1
                ? entries
                : entries.reshape('f', outputsPerGroup(), groups).getRow(output);
    }
}
