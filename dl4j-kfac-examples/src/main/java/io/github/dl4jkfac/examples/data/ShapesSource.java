package io.github.dl4jkfac.examples.data;

import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Generated colour images of ten classes, for where CIFAR-10 is not at hand: five shapes, each with one of two
 * textures, before a background of another texture. Place, size, turn, colours, the texture's scale and direction
 * vary at random, and noise lies over everything, so that neither a colour nor a single pixel tells the class.
 */
final class ShapesSource {

    static final int CLASSES = 10;

    private static final int SIDE = CifarSource.SIDE;
    private static final int TRAIN_COUNT = 20_000;
    private static final int TEST_COUNT = 5_000;
    private static final long SEED = 1;
    private static final int SHAPES = 5;
    private static final double NOISE = 28;
    /** Keeps the random streams of neighbouring images apart (the golden ratio's odd 64-bit fraction). */
    private static final long STREAM_STRIDE = 0x9E3779B97F4A7C15L;

    private ShapesSource() {}

    /** @return 20,000 training and 5,000 test images of 32x32 pixels, always the same */
    static LabelledSplit generate() {
        return generate(SEED, TRAIN_COUNT, TEST_COUNT);
    }

    /**
     * @param seed which images; the same seed gives the same images
     * @param trainCount number of training images
     * @param testCount number of test images
     * @return the images
     */
    static LabelledSplit generate(long seed, int trainCount, int testCount) {
        // Test images come first in the numbering: they stay the same whatever number of training images is asked for.
        return new LabelledSplit("shapes", images(seed, testCount, trainCount), images(seed, 0, testCount));
    }

    /** @return the same images in grey, one byte per pixel */
    static LabelledSplit generateGrey() {
        LabelledSplit colour = generate();
        return new LabelledSplit(colour.name(), grey(colour.train()), grey(colour.test()));
    }

    private static LabelledData grey(LabelledData colour) {
        int size = SIDE * SIDE;
        byte[] pixels = new byte[colour.count() * size];
        byte[] labels = new byte[colour.count()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) colour.label(i);
            for (int pixel = 0; pixel < size; pixel++) {
                int sum = colour.value(i, 3 * pixel) + colour.value(i, 3 * pixel + 1) + colour.value(i, 3 * pixel + 2);
                pixels[i * size + pixel] = (byte) (sum / 3);
            }
        }
        return new LabelledData(pixels, size, labels, CLASSES);
    }

    private static LabelledData images(long seed, int firstIndex, int count) {
        int size = 3 * SIDE * SIDE;
        byte[] pixels = new byte[count * size];
        byte[] labels = new byte[count];
        IntStream.range(0, count).parallel().forEach(i -> {
            SplittableRandom random = new SplittableRandom(seed + STREAM_STRIDE * (firstIndex + i + 1L));
            labels[i] = (byte) random.nextInt(CLASSES);
            draw(labels[i], random, pixels, i * size);
        });
        return new LabelledData(pixels, size, labels, CLASSES);
    }

    private static void draw(int label, SplittableRandom random, byte[] pixels, int offset) {
        double radius = 7 + 5 * random.nextDouble();
        double centreX = SIDE / 2. + 8 * (random.nextDouble() - 0.5);
        double centreY = SIDE / 2. + 8 * (random.nextDouble() - 0.5);
        double turn = (random.nextDouble() - 0.5) * Math.PI / 2;
        Texture inside = new Texture(label / SHAPES, random);
        Texture outside = new Texture(random.nextInt(2), random);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                double dx = (x + 0.5 - centreX) / radius;
                double dy = (y + 0.5 - centreY) / radius;
                double u = dx * Math.cos(turn) + dy * Math.sin(turn);
                double v = dy * Math.cos(turn) - dx * Math.sin(turn);
                Texture texture = covers(label % SHAPES, u, v) ? inside : outside;
                for (int channel = 0; channel < 3; channel++) {
                    double value = texture.at(x, y, channel) + NOISE * (random.nextDouble() + random.nextDouble() - 1);
                    pixels[offset + 3 * (y * SIDE + x) + channel] =
                            (byte) Math.round(Math.max(0, Math.min(255, value)));
                }
            }
        }
    }

    /** @return whether a shape covers a point of its own frame, in which it reaches from -1 to 1 */
    private static boolean covers(int shape, double u, double v) {
        double distance = Math.hypot(u, v);
        return switch (shape) {
            case 0 -> distance < 1;
            case 1 -> Math.max(Math.abs(u), Math.abs(v)) < 0.85;
            case 2 -> v > -0.6 && v < 1 - 1.7 * Math.abs(u);
            case 3 -> distance < 1 && distance > 0.55;
            default -> Math.min(Math.abs(u), Math.abs(v)) < 0.33 && Math.max(Math.abs(u), Math.abs(v)) < 1;
        };
    }

    /** Stripes or checks between two random colours. */
    private static final class Texture {

        private final boolean checks;
        private final double frequency;
        private final double cos;
        private final double sin;
        private final double phase;
        private final double[] first = new double[3];
        private final double[] second = new double[3];

        Texture(int kind, SplittableRandom random) {
            checks = kind == 1;
            frequency = 0.9 + 0.9 * random.nextDouble();
            double direction = Math.PI * random.nextDouble();
            cos = Math.cos(direction);
            sin = Math.sin(direction);
            phase = 2 * Math.PI * random.nextDouble();
            for (int channel = 0; channel < 3; channel++) {
                first[channel] = 40 + 175 * random.nextDouble();
                second[channel] = 40 + 175 * random.nextDouble();
            }
        }

        double at(int x, int y, int channel) {
            double wave = Math.sin(frequency * (x * cos + y * sin) + phase);
            if (checks) {
                wave *= Math.sin(frequency * (y * cos - x * sin) + phase);
            }
            return wave > 0 ? first[channel] : second[channel];
        }
    }
}
