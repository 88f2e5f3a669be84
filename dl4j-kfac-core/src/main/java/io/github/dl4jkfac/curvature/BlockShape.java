package io.github.dl4jkfac.curvature;

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
}
