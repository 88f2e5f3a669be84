package io.github.dl4jkfac.examples.data;

/**
 * Grey images as the input [N, size] of dense layers, intensities in [0, 1].
 *
 * @param size pixels per image
 */
public record PixelEncoding(int size) implements Encoding {

    @Override
    public long[] shape(int count) {
        return new long[] {count, size};
    }

    @Override
    public void encode(byte[] values, int offset, float[] target, int targetOffset) {
        for (int pixel = 0; pixel < size; pixel++) {
            target[targetOffset + pixel] = (values[offset + pixel] & 0xFF) / 255f;
        }
    }
}
