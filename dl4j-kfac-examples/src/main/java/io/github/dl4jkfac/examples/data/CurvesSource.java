package io.github.dl4jkfac.examples.data;

import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Generated images of random smooth curves, after the CURVES data of Hinton and Salakhutdinov (Science 313, 2006):
 * one cubic Bézier curve through random control points per image, drawn with a soft pen. Needs no file and no network.
 *
 * <p>The ink of a pixel falls off linearly with its distance from the curve, which is computed from a fine polyline;
 * no graphics toolkit is involved, so that the data are the same everywhere.
 */
public final class CurvesSource {

    private static final int SIDE = MnistSource.SIDE;
    private static final int SEGMENTS = 32;
    private static final int TRAIN_COUNT = 20_000;
    private static final int TEST_COUNT = 10_000;
    private static final long SEED = 1;
    /** Half the width of the pen's full ink, in pixels. */
    private static final double PEN_RADIUS = 0.6;
    /** Over this distance beyond the pen's radius the ink falls to zero, in pixels. */
    private static final double PEN_EDGE = 1.0;

    private static final double MARGIN = 3;
    /** Keeps the random streams of neighbouring images apart (the golden ratio's odd 64-bit fraction). */
    private static final long STREAM_STRIDE = 0x9E3779B97F4A7C15L;

    private CurvesSource() {}

    /** @return 20,000 training and 10,000 test images of 28x28 pixels, always the same */
    public static ImageSplit generate() {
        return generate(SEED, TRAIN_COUNT, TEST_COUNT);
    }

    /**
     * @param seed which images; the same seed gives the same images
     * @param trainCount number of training images
     * @param testCount number of test images
     * @return the images
     */
    public static ImageSplit generate(long seed, int trainCount, int testCount) {
        // Test images come first in the numbering: they stay the same whatever number of training images is asked for.
        return new ImageSplit("curves", images(seed, testCount, trainCount), images(seed, 0, testCount));
    }

    private static ImageData images(long seed, int firstIndex, int count) {
        byte[] pixels = new byte[count * SIDE * SIDE];
        IntStream.range(0, count).parallel().forEach(i -> {
            long stream = seed + STREAM_STRIDE * (firstIndex + i + 1L);
            draw(new SplittableRandom(stream), pixels, i * SIDE * SIDE);
        });
        return new ImageData(pixels, SIDE * SIDE);
    }

    private static void draw(SplittableRandom random, byte[] pixels, int offset) {
        double[][] points = polyline(random);
        for (int s = 0; s < SEGMENTS; s++) {
            drawSegment(points[s], points[s + 1], pixels, offset);
        }
    }

    /** @return SEGMENTS + 1 points {x, y} along a cubic Bézier curve with random control points inside the margin */
    private static double[][] polyline(SplittableRandom random) {
        double[] control = new double[8];
        for (int i = 0; i < control.length; i++) {
            control[i] = MARGIN + random.nextDouble() * (SIDE - 2 * MARGIN);
        }
        double[][] points = new double[SEGMENTS + 1][2];
        for (int s = 0; s <= SEGMENTS; s++) {
            double t = s / (double) SEGMENTS;
            double u = 1 - t;
            double[] weights = {u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t};
            for (int i = 0; i < control.length; i++) {
                points[s][i % 2] += weights[i / 2] * control[i];
            }
        }
        return points;
    }

    /** Darkens the pixels near one segment; overlapping segments keep the stronger ink. */
    private static void drawSegment(double[] a, double[] b, byte[] pixels, int offset) {
        double reach = PEN_RADIUS + PEN_EDGE;
        int left = clamp((int) Math.floor(Math.min(a[0], b[0]) - reach));
        int right = clamp((int) Math.ceil(Math.max(a[0], b[0]) + reach));
        int top = clamp((int) Math.floor(Math.min(a[1], b[1]) - reach));
        int bottom = clamp((int) Math.ceil(Math.max(a[1], b[1]) + reach));
        for (int y = top; y <= bottom; y++) {
            for (int x = left; x <= right; x++) {
                double ink = 1 - (distance(a, b, x + 0.5, y + 0.5) - PEN_RADIUS) / PEN_EDGE;
                int value = (int) Math.round(255 * Math.max(0, Math.min(1, ink)));
                int index = offset + y * SIDE + x;
                if (value > (pixels[index] & 0xFF)) {
                    pixels[index] = (byte) value;
                }
            }
        }
    }

    private static int clamp(int pixel) {
        return Math.max(0, Math.min(SIDE - 1, pixel));
    }

    private static double distance(double[] a, double[] b, double x, double y) {
        double dx = b[0] - a[0];
        double dy = b[1] - a[1];
        double lengthSquared = dx * dx + dy * dy;
        double along = lengthSquared == 0 ? 0 : ((x - a[0]) * dx + (y - a[1]) * dy) / lengthSquared;
        double t = Math.max(0, Math.min(1, along));
        return Math.hypot(x - a[0] - t * dx, y - a[1] - t * dy);
    }
}
