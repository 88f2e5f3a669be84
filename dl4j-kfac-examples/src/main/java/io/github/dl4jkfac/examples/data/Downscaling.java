package io.github.dl4jkfac.examples.data;

import java.util.stream.IntStream;

/** Square grey images made smaller: each new pixel is the mean over the area of the old image that it covers. */
public final class Downscaling {

    private final int from;
    private final int to;
    /** Share of each old row in each new one, [to][from]; the same for columns. */
    private final double[][] shares;

    private Downscaling(int from, int to) {
        if (to < 1 || to > from) {
            throw new IllegalArgumentException("images of side " + from + " cannot be made smaller to side " + to);
        }
        this.from = from;
        this.to = to;
        this.shares = new double[to][from];
        double width = from / (double) to;
        for (int i = 0; i < to; i++) {
            for (int j = 0; j < from; j++) {
                double overlap = Math.min(j + 1, (i + 1) * width) - Math.max(j, i * width);
                shares[i][j] = Math.max(0, overlap) / width;
            }
        }
    }

    /**
     * @param images square grey images with classes
     * @param side width and height to give them, at most what they have
     * @return the images in the new size, each with its class
     */
    public static LabelledSplit of(LabelledSplit images, int side) {
        Downscaling scaling =
                new Downscaling((int) Math.round(Math.sqrt(images.train().size())), side);
        return new LabelledSplit(images.name(), scaling.of(images.train()), scaling.of(images.test()));
    }

    private LabelledData of(LabelledData images) {
        byte[] pixels = new byte[images.count() * to * to];
        IntStream.range(0, images.count()).parallel().forEach(i -> scale(images, i, pixels));
        return images.withValues(pixels, to * to);
    }

    private void scale(LabelledData images, int index, byte[] target) {
        double[][] narrow = new double[from][to];
        for (int y = 0; y < from; y++) {
            for (int x = 0; x < from; x++) {
                int value = images.value(index, y * from + x);
                for (int i = 0; value > 0 && i < to; i++) {
                    narrow[y][i] += shares[i][x] * value;
                }
            }
        }
        for (int i = 0; i < to; i++) {
            for (int x = 0; x < to; x++) {
                double sum = 0;
                for (int y = 0; y < from; y++) {
                    sum += shares[i][y] * narrow[y][x];
                }
                target[(index * to + i) * to + x] = (byte) Math.round(sum);
            }
        }
    }
}
