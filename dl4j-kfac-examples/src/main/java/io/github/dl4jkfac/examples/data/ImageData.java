package io.github.dl4jkfac.examples.data;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Grey images of one size. Held as one byte per pixel (a quarter of the memory of floats, and exact for IDX files);
 * handed out as float rows scaled to [0, 1].
 */
public final class ImageData {

    private static final float[] INTENSITY = intensities();

    private final byte[] pixels;
    private final int count;
    private final int size;

    /**
     * @param pixels all images one after the other, row by row, 0 (black) to 255 unsigned; not copied
     * @param size pixels per image
     */
    public ImageData(byte[] pixels, int size) {
        if (size <= 0 || pixels.length == 0 || pixels.length % size != 0) {
            throw new IllegalArgumentException(pixels.length + " bytes are no whole images of " + size + " pixels");
        }
        this.pixels = pixels;
        this.size = size;
        this.count = pixels.length / size;
    }

    private static float[] intensities() {
        float[] table = new float[256];
        for (int value = 0; value < table.length; value++) {
            table[value] = value / 255f;
        }
        return table;
    }

    /** @return all images one after the other; not copied, not to be modified */
    byte[] pixels() {
        return pixels;
    }

    /** @return the number of images */
    public int count() {
        return count;
    }

    /** @return pixels per image */
    public int size() {
        return size;
    }

    /**
     * @param limit how many images to keep at most
     * @return the first {@code limit} images, or all of them where there are fewer
     */
    public ImageData first(int limit) {
        return limit >= count ? this : new ImageData(Arrays.copyOf(pixels, limit * size), size);
    }

    /**
     * @param from index of the first image
     * @param to index after the last image
     * @return a new float array [to - from, size] of intensities in [0, 1]
     */
    public INDArray rows(int from, int to) {
        float[] values = new float[(to - from) * size];
        for (int i = 0; i < values.length; i++) {
            values[i] = INTENSITY[pixels[from * size + i] & 0xFF];
        }
        return Nd4j.create(values, new long[] {to - from, size}, 'c');
    }

    /**
     * @param order image indices
     * @param from position of the first index to take
     * @param to position after the last index to take
     * @return a new float array [to - from, size] of intensities in [0, 1], in the order of the indices
     */
    public INDArray gather(int[] order, int from, int to) {
        float[] values = new float[(to - from) * size];
        int next = 0;
        for (int i = from; i < to; i++) {
            int start = order[i] * size;
            for (int j = start; j < start + size; j++) {
                values[next++] = INTENSITY[pixels[j] & 0xFF];
            }
        }
        return Nd4j.create(values, new long[] {to - from, size}, 'c');
    }
}
