package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.curvature.BlockShape;

/**
 * How inputs are laid out as a matrix [p,q], so that a factor over all of them can be a Kronecker product: input i q + r is entry
 * (i,r). Where p q is more than there are inputs, the last entries are zeros.
 *
 * @param rows p
 * @param columns q
 */
record InputSplit(int rows, int columns) {

    /** Kernels are split off unless that leaves a factor larger than this. */
    private static final int MOST = 1024;

    /** Channels by kernel elements if there is a kernel, else as near to a square as divisors allow, or padded. */
    static InputSplit of(BlockShape shape) {
        int inputs = shape.inputs();
        int window = shape.window();
        if (window > 1 && inputs % window == 0 && Math.max(inputs / window, window) <= MOST) {
            return new InputSplit(inputs / window, window);
        }
        int root = (int) Math.floor(Math.sqrt(inputs));
        for (int columns = root; columns > root / 2; columns--) {
            if (inputs % columns == 0) {
                return new InputSplit(inputs / columns, columns);
            }
        }
        int columns = (int) Math.ceil(Math.sqrt(inputs));
        return new InputSplit((inputs + columns - 1) / columns, columns);
    }

    int size() {
        return rows * columns;
    }
}
