package io.github.dl4jkfac.examples.scaling;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Machines of the same kind, and how long a step takes with them.
 *
 * @param flops operations a worker does in a second
 * @param bytesPerSecond what a machine sends or receives
 * @param scheduling seconds in which a job is handed out
 * @param spread standard deviation of the logarithm of a worker's time: everybody waits for the slowest
 */
public record Cluster(double flops, double bytesPerSecond, double scheduling, double spread) {

    /** What a machine adds up, in bytes a second. */
    private static final double SUMMATION = 4e9;

    /** What a message of a ring takes whatever its size. */
    private static final double HOP = 0.2e-3;

    private static final double BYTES = 4;

    /** Who adds up, inverts and preconditions. */
    public enum Design {
        /** Synchronous SGD; gradients are added up in a ring. */
        SGD,
        /** The driver does all of it. */
        DRIVER,
        /** Owners of the layers, to whom Spark's shuffle brings the sums of their layers. */
        SHUFFLE,
        /** All workers precondition everything; sums go round a ring, inversions are shared out. */
        RING
    }

    /**
     * A way to train.
     *
     * @param samples of one worker in a step
     * @param statisticsInterval steps from one batch that enters the statistics to the next
     * @param inverseInterval steps from one inversion to the next
     */
    public record Training(int samples, double statisticsInterval, double inverseInterval) {}

    /**
     * Seconds of a step, on average.
     *
     * @param design who does what
     * @param work what there is to do
     * @param training how
     * @param workers how many
     * @return seconds
     */
    public double secondsPerStep(Design design, Workload work, Training training, int workers) {
        double gradient = BYTES * work.parameters();
        double sums = gradient + BYTES * work.factorEntries() / training.statisticsInterval();
        double passes = passes(design, work, training) * waiting(workers);
        double inversions = total(work.inversionFlops()) / training.inverseInterval();
        double broadcast = 2 * gradient / bytesPerSecond + scheduling;
        return switch (design) {
            case SGD -> passes + ring(gradient, workers);
            case DRIVER ->
                passes
                        + broadcast
                        + workers * sums * (1 / bytesPerSecond + 1 / SUMMATION)
                        + (work.preconditioningFlops() + inversions) / flops;
            case SHUFFLE ->
                passes
                        + 2 * broadcast // parameters, and the gradient when the driver has clipped it
                        + shareOfOthers(workers) * sums / bytesPerSecond
                        + longest(work.ownersFlops(training.inverseInterval()), workers) / flops
                        + 2 * gradient / bytesPerSecond; // the sum, and the update
            case RING ->
                passes
                        + ring(sums, workers)
                        + work.preconditioningFlops() / flops
                        + longest(work.inversionFlops(), workers) / training.inverseInterval() / flops;
        };
    }

    private double passes(Design design, Workload work, Training training) {
        double statistics = design == Design.SGD ? 0 : work.statisticsFlops() / training.statisticsInterval();
        return training.samples() * (work.passFlops() + statistics) / flops;
    }

    /** The largest of so many normal numbers. */
    private double waiting(int workers) {
        return Math.exp(spread * Math.sqrt(2 * Math.log(workers)));
    }

    private static double shareOfOthers(int workers) {
        return (workers - 1.0) / workers;
    }

    private double ring(double bytes, int workers) {
        return 2 * shareOfOthers(workers) * bytes / bytesPerSecond + 2 * (workers - 1) * HOP;
    }

    private static double total(List<Double> tasks) {
        return tasks.stream().mapToDouble(Double::doubleValue).sum();
    }

    /** When the last worker is done, if each takes the longest task that is left. */
    static double longest(List<Double> tasks, int workers) {
        PriorityQueue<Double> ends = new PriorityQueue<>();
        for (int i = 0; i < workers; i++) {
            ends.add(0.0);
        }
        List<Double> sorted = new ArrayList<>(tasks);
        sorted.sort(Comparator.reverseOrder());
        double last = 0;
        for (double task : sorted) {
            double end = ends.remove() + task;
            ends.add(end);
            last = Math.max(last, end);
        }
        return last;
    }
}
