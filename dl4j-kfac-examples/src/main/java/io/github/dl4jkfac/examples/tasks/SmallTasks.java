package io.github.dl4jkfac.examples.tasks;

import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Tasks whose data are made up on the spot, the same every time. Squared errors are in units of the labels' variance. */
public final class SmallTasks {

    private static final int TRAIN = 2048;
    private static final int TEST = 1024;

    private SmallTasks() {}

    /** @return those on which the constants of the automatic step were chosen, then those that were held out */
    public static List<Task> all() {
        return List.of(
                Task.byTest("smooth-1", () -> waves(0, 1), 1, false),
                Task.byTest("smooth-16", () -> waves(0, 1), 16, false),
                Task.byTest("noisy-16", () -> waves(0.5, 1), 16, false),
                Task.byTest("large-targets-64", () -> waves(0, 1e5), 64, false),
                Task.byTest("small-targets-64", () -> waves(0, 1e-4), 64, false),
                Task.byLoss("exponential", SmallTasks::exponential, 0, false),
                Task.byLoss("xor", SmallTasks::xor, 0, false),
                Task.byTest("friedman-32", SmallTasks::friedman, 32, true),
                Task.byLoss("spirals", SmallTasks::spirals, 0, true),
                Task.byTest("rings-8", SmallTasks::rings, 8, true));
    }

    /** Sines and cosines of two projections of eight normal numbers. */
    private static SmallProblem waves(double noise, double scale) {
        double[] w = {1, -.5, .3, .8, -.2, .1, .6, -.4};
        double[] v = {.2, .7, -.6, .1, .5, -.8, .3, .4};
        return regression(
                "waves" + (noise > 0 ? " with noise" : "") + (scale == 1 ? "" : ", targets times " + scale),
                List.of(8, 32, 32, 1),
                new Random(1),
                Random::nextGaussian,
                x -> Math.sin(inner(w, x)) + 0.5 * Math.cos(inner(v, x)) * inner(w, x),
                noise,
                scale);
    }

    private static double inner(double[] w, double[] x) {
        double sum = 0;
        for (int i = 0; i < w.length; i++) {
            sum += w[i] * x[i];
        }
        return sum;
    }

    /** The first function of Friedman (1991), of which five of ten inputs say nothing. */
    private static SmallProblem friedman() {
        return regression(
                "Friedman's first function",
                List.of(10, 32, 32, 1),
                new Random(2),
                Random::nextDouble,
                x -> 10 * Math.sin(Math.PI * x[0] * x[1]) + 20 * Math.pow(x[2] - 0.5, 2) + 10 * x[3] + 5 * x[4],
                0.2,
                1);
    }

    /**
     * Targets of variance scale^2 and mean zero, with noise in the training targets alone.
     *
     * @param noise standard deviation, in units of that of the targets
     */
    private static SmallProblem regression(
            String name,
            List<Integer> layers,
            Random random,
            ToDoubleFunction<Random> input,
            ToDoubleFunction<double[]> target,
            double noise,
            double scale) {
        int inputs = layers.get(0);
        double[][] x = new double[TRAIN + TEST][inputs];
        double[] y = new double[TRAIN + TEST];
        for (int n = 0; n < y.length; n++) {
            for (int i = 0; i < inputs; i++) {
                x[n][i] = input.applyAsDouble(random);
            }
            y[n] = target.applyAsDouble(x[n]);
        }
        INDArray targets = Nd4j.createFromArray(y).reshape(y.length, 1);
        targets.subi(targets.meanNumber()).divi(targets.stdNumber()).muli(scale);
        for (int n = 0; n < TRAIN; n++) {
            targets.putScalar(n, 0, targets.getDouble(n, 0) + noise * scale * random.nextGaussian());
        }
        INDArray features = Nd4j.createFromArray(x);
        return new SmallProblem(
                name,
                layers,
                part(features, targets, 0, TRAIN),
                part(features, targets, TRAIN, TRAIN + TEST),
                false,
                scale * scale);
    }

    private static DataSet part(INDArray features, INDArray labels, int from, int to) {
        int[] rows = java.util.stream.IntStream.range(from, to).toArray();
        return new DataSet(
                features.getRows(rows).castTo(DataType.FLOAT),
                labels.getRows(rows).castTo(DataType.FLOAT));
    }

    /** y = exp(x) on [0,1]: nothing but the optimizer keeps the loss from zero. */
    private static SmallProblem exponential() {
        int points = 64;
        INDArray x =
                Nd4j.linspace(DataType.DOUBLE, 0, 1.0 / (points - 1), points).reshape(points, 1);
        INDArray y = org.nd4j.linalg.ops.transforms.Transforms.exp(x, true);
        DataSet all = part(x, y, 0, points);
        return new SmallProblem("exp", List.of(1, 32, 32, 1), all, all, false, 1);
    }

    private static SmallProblem xor() {
        DataSet all = new DataSet(
                Nd4j.createFromArray(new float[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}}),
                Nd4j.createFromArray(new float[][] {{1, 0}, {0, 1}, {0, 1}, {1, 0}}));
        return new SmallProblem("xor", List.of(2, 4, 2), all, all, true, 1);
    }

    /** Two interleaved spirals of two turns. */
    private static SmallProblem spirals() {
        int points = 200;
        float[][] x = new float[points][2];
        int[] classes = new int[points];
        for (int n = 0; n < points; n++) {
            double radius = 0.1 + 0.9 * (n / 2) / (points / 2.);
            double angle = 4 * Math.PI * radius + Math.PI * (n % 2);
            x[n] = new float[] {(float) (radius * Math.cos(angle)), (float) (radius * Math.sin(angle))};
            classes[n] = n % 2;
        }
        DataSet all = new DataSet(Nd4j.createFromArray(x), oneHot(classes, 2));
        return new SmallProblem("spirals", List.of(2, 20, 20, 2), all, all, true, 1);
    }

    /** Three rings whose points overlap a little. */
    private static SmallProblem rings() {
        Random random = new Random(3);
        float[][] x = new float[TRAIN + TEST][2];
        int[] classes = new int[TRAIN + TEST];
        for (int n = 0; n < classes.length; n++) {
            classes[n] = random.nextInt(3);
            double radius = 1 + classes[n] + 0.25 * random.nextGaussian();
            double angle = 2 * Math.PI * random.nextDouble();
            x[n] = new float[] {(float) (radius * Math.cos(angle)), (float) (radius * Math.sin(angle))};
        }
        INDArray features = Nd4j.createFromArray(x);
        INDArray labels = oneHot(classes, 3);
        return new SmallProblem(
                "rings",
                List.of(2, 16, 16, 3),
                part(features, labels, 0, TRAIN),
                part(features, labels, TRAIN, TRAIN + TEST),
                true,
                1);
    }

    private static INDArray oneHot(int[] classes, int count) {
        float[][] labels = new float[classes.length][count];
        for (int n = 0; n < classes.length; n++) {
            labels[n][classes[n]] = 1;
        }
        return Nd4j.createFromArray(labels);
    }
}
