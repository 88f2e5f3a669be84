package io.github.dl4jkfac.examples.data;

/**
 * Square grey images, stored row by row, as sequences [N, side, side] in DL4J's order [examples, features, time]: one
 * row of pixels per time step, from the top, intensities in [0, 1].
 *
 * @param side width and height of the images in pixels
 */
public record RowEncoding(int side) implements Encoding {

    @Override
    public long[] shape(int count) {
        return new long[] {count, side, side};
    }

    @Override
    public void encode(byte[] values, int offset, float[] target, int targetOffset) {
        for (int row = 0; row < side; row++) {
            for (int column = 0; column < side; column++) {
                target[targetOffset + column * side + row] = (values[offset + row * side + column] & 0xFF) / 255f;
            }
        }
    }
}
