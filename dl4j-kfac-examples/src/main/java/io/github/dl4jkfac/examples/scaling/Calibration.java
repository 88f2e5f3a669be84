package io.github.dl4jkfac.examples.scaling;

import io.github.dl4jkfac.examples.scaling.Cluster.Design;
import io.github.dl4jkfac.examples.scaling.Cluster.Training;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.inverse.InvertMatrix;

/**
 * The machines that the model of a {@link Cluster} needs to be to explain measured steps. A step's seconds are linear in the seconds of a
 * byte and the seconds of handing out a job; these two are fitted, so that the squares of the relative errors are least.
 *
 * @param cluster the machines
 * @param work what a step consists of
 * @param training how
 * @param cores how many workers can go through their batches at the same time
 */
public record Calibration(Cluster cluster, Workload work, Training training, int cores) {

    private static final int UNKNOWNS = 2;

    /** No machine is faster than that. */
    private static final double LEAST_SECONDS = 1e-15;

    /**
     * A step as it was measured.
     *
     * @param design who does what
     * @param workers how many
     * @param seconds it took, on average
     */
    public record Measured(Design design, int workers, double seconds) {}

    /**
     * Fits the machines.
     *
     * @param flops operations that a worker does in a second, known from how long its tasks take
     * @param measured at least two
     * @param work what a step consists of
     * @param training how
     * @param cores how many workers can go through their batches at the same time
     * @return the machines that fit
     */
    public static Calibration of(double flops, List<Measured> measured, Workload work, Training training, int cores) {
        INDArray coefficients = Nd4j.create(DataType.DOUBLE, measured.size(), UNKNOWNS);
        INDArray ones = Nd4j.create(DataType.DOUBLE, measured.size(), 1);
        for (int i = 0; i < measured.size(); i++) {
            Measured one = measured.get(i);
            ToDoubleFunction<Cluster> seconds = cluster -> seconds(cluster, work, training, cores, one);
            double fixed = seconds.applyAsDouble(machines(flops, 0, 0));
            double weight = 1 / one.seconds();
            ones.putScalar(i, 0, weight * (one.seconds() - fixed));
            coefficients.putScalar(i, 0, weight * (seconds.applyAsDouble(machines(flops, 1, 0)) - fixed));
            coefficients.putScalar(i, 1, weight * (seconds.applyAsDouble(machines(flops, 0, 1)) - fixed));
        }
        // the columns differ by many orders of magnitude
        INDArray scales = coefficients.norm2(0);
        INDArray solution = InvertMatrix.pLeftInvert(coefficients.divRowVector(scales), false)
                .mmul(ones);
        double oneByte = Math.max(LEAST_SECONDS, solution.getDouble(0) / scales.getDouble(0));
        double scheduling = Math.max(0, solution.getDouble(1) / scales.getDouble(1));
        return new Calibration(machines(flops, oneByte, scheduling), work, training, cores);
    }

    private static Cluster machines(double flops, double oneByte, double scheduling) {
        return new Cluster(flops, 1 / oneByte, scheduling, 0);
    }

    private static double seconds(Cluster cluster, Workload work, Training training, int cores, Measured step) {
        double turns = Math.max(1, (double) step.workers() / cores);
        Training shared = new Training(
                (int) Math.round(training.samples() * turns),
                training.statisticsInterval(),
                training.inverseInterval());
        return cluster.secondsPerStep(step.design(), work, shared, step.workers());
    }

    /** {@return the seconds that the model tells for a step} */
    public double seconds(Measured step) {
        return seconds(cluster, work, training, cores, step);
    }
}
