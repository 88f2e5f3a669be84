package io.github.dl4jkfac.curvature.rows;

/**
 * What the positions of a convolution see along one spatial axis. Position o sees through element k of the kernel
 *
 * <ul>
 *   <li>in a convolution the input at o*stride + k*dilation - before;
 *   <li>in a transposed convolution the input i for which i*stride + k*dilation - before = o.
 * </ul>
 *
 * <p>Where there is no such input it sees 0. How far the input is padded at its end follows from the number of positions.
 *
 * <p>Both kinds are one: the input, its elements {@link #spread} apart, lies in a line of zeros, and through element k position o
 * sees entry {@link #start start(k)} + o*{@link #step} of that line.
 *
 * @param kernel number of kernel elements
 * @param stride the layer's stride
 * @param dilation distance between neighbouring kernel elements, 1 if the kernel is dense
 * @param before padding before the first input; in a transposed convolution how much of the output's beginning is cut off
 * @param positions number of output positions
 * @param transposed whether the convolution is transposed
 */
public record PatchAxis(int kernel, int stride, int dilation, int before, int positions, boolean transposed) {

    /**
     * Checks the sizes.
     *
     * @param kernel number of kernel elements
     * @param stride the layer's stride
     * @param dilation distance between neighbouring kernel elements
     * @param before padding before the first input
     * @param positions number of output positions
     * @param transposed whether the convolution is transposed
     * @throws IllegalArgumentException if kernel, stride, dilation or positions is less than 1
     */
    public PatchAxis {
        if (Math.min(Math.min(kernel, stride), Math.min(dilation, positions)) < 1) {
            throw new IllegalArgumentException("Kernel, stride, dilation and positions must be at least 1, but are "
                    + kernel + ", " + stride + ", " + dilation + " and " + positions);
        }
    }

    /**
     * An axis of a convolution.
     *
     * @param kernel number of kernel elements
     * @param stride distance between the inputs that neighbouring positions see
     * @param dilation distance between neighbouring kernel elements
     * @param before padding before the first input: as configured, (positions-1)*stride + (kernel-1)*dilation + 1 - inputs, halved
     *     and rounded down, in mode Same, or (kernel-1)*dilation in mode Causal
     * @param positions number of output positions
     * @return the axis
     */
    public static PatchAxis convolution(int kernel, int stride, int dilation, int before, int positions) {
        return new PatchAxis(kernel, stride, dilation, before, positions, false);
    }

    /**
     * An axis of a transposed convolution ("deconvolution").
     *
     * @param kernel number of kernel elements
     * @param stride distance between the outputs that neighbouring inputs reach
     * @param dilation distance between neighbouring kernel elements
     * @param before how much of the output's beginning is cut off: the padding as configured or, in mode Same,
     *     (inputs-1)*stride + (kernel-1)*dilation + 1 - positions, halved and rounded towards 0
     * @param positions number of output positions
     * @return the axis
     */
    public static PatchAxis transposed(int kernel, int stride, int dilation, int before, int positions) {
        return new PatchAxis(kernel, stride, dilation, before, positions, true);
    }

    /** Distance, on the padded line, between what neighbouring positions see. */
    int step() {
        return transposed ? 1 : stride;
    }

    /** Distance of neighbouring inputs on the padded line. */
    int spread() {
        return transposed ? stride : 1;
    }

    /** Where on the padded line position 0 looks through element k. */
    int start(int k) {
        return dilation * (transposed ? kernel - 1 - k : k);
    }

    /** Length of the padded line: up to the last entry that any position sees. */
    int length() {
        return (positions - 1) * step() + dilation * (kernel - 1) + 1;
    }

    /** Where input 0 lies, or would lie, on the padded line; inputs that lie outside are seen by no position. */
    private int origin() {
        return transposed ? dilation * (kernel - 1) - before : before;
    }

    /** The first input on the padded line. */
    int firstInput() {
        return Math.max(0, -Math.floorDiv(origin(), spread()));
    }

    /** One more than the last of {@code inputs} inputs on the padded line; not more than {@link #firstInput} if there is none. */
    int endInput(int inputs) {
        return Math.min(inputs, Math.floorDiv(length() - 1 - origin(), spread()) + 1);
    }

    /** Where an input lies on the padded line. */
    int place(int input) {
        return origin() + input * spread();
    }
}
