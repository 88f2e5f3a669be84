package io.github.dl4jkfac.capture.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The objective h of a network around one point theta, on one batch: its value there and elsewhere, and its Gauss-Newton matrix
 * G = F + R along directions. F = (1/N) sum_n J_n^T B_n B_n^T J_n is the Fisher matrix of the batch, R the Hessian of the L2 terms.
 * In the type of the probe; J v is a difference of two forward passes, of which one is the same for all directions.
 *
 * <p>To be closed: it holds outputs of the network, and the garbage collector comes seldom.
 */
public final class LocalObjective implements AutoCloseable {

    /** Relative steps of the differences: their errors stay far below what a model of a step needs. */
    private static final double STEP_IN_DOUBLE = 1e-6;

    private static final double STEP_IN_FLOAT = 2e-3;

    /** What rounding hides of the objective, in units of its value. */
    private static final double ROUNDING_IN_DOUBLE = 1e-12;

    private static final double ROUNDING_IN_FLOAT = 1e-6;

    private final LossProbe probe;
    private final INDArray point;
    private final MultiDataSet batch;
    private final int iteration;
    private final int epoch;
    private final double loss;
    private final List<INDArray> outputs;
    private final List<HeadHessian> hessians;
    private final double norm;

    /**
     * How a direction changes the network's outputs, B^T J v, and the direction itself.
     *
     * @param direction v
     * @param outputs for each output [rows,C]
     */
    public record Tangent(INDArray direction, List<INDArray> outputs) implements AutoCloseable {

        @Override
        public void close() {
            outputs.forEach(INDArray::close);
        }
    }

    /**
     * Evaluates the objective at a point. One forward pass.
     *
     * @param probe of the network
     * @param point theta, [1,P] in the probe's type; not modified, and not to be modified meanwhile
     * @param batch features, labels and masks in that type; likewise
     * @param iteration DL4J's iteration count, for coefficients by schedule
     * @param epoch DL4J's epoch count
     */
    public LocalObjective(LossProbe probe, INDArray point, MultiDataSet batch, int iteration, int epoch) {
        this.probe = probe;
        this.point = point;
        this.batch = batch;
        this.iteration = iteration;
        this.epoch = epoch;
        this.loss = probe.loss(point, batch, iteration, epoch);
        this.outputs = probe.outputs();
        this.hessians = probe.hessians();
        this.norm = point.norm2Number().doubleValue();
    }

    /** {@return h(theta)} */
    public double loss() {
        return loss;
    }

    private boolean isDouble() {
        return point.dataType() == DataType.DOUBLE;
    }

    /** {@return changes of the objective that may be no more than rounding} */
    public double rounding() {
        return (isDouble() ? ROUNDING_IN_DOUBLE : ROUNDING_IN_FLOAT) * Math.abs(loss);
    }

    /**
     * h(theta - d). One forward pass.
     *
     * @param step d, [1,P] in the probe's type; not modified
     * @return the objective there
     */
    public double lossBehind(INDArray step) {
        try (INDArray there = point.sub(step)) {
            return probe.loss(there, batch, iteration, epoch);
        }
    }

    /**
     * B^T J v = B^T [z(theta + e v) - z(theta)] / e with e = 1e-6 |theta| / |v|, or 2e-3 |theta| / |v| in float32. One forward pass.
     *
     * @param direction v, [1,P] in the probe's type; not modified, and not to be modified meanwhile
     * @return the tangent; zero for a direction of length zero
     */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    public Tangent along(INDArray direction) {
        double length = direction.norm2Number().doubleValue();
        double e = (isDouble() ? STEP_IN_DOUBLE : STEP_IN_FLOAT) * (norm > 0 ? norm : 1) / (length > 0 ? length : 1);
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces();
                INDArray there = direction.mul(e).addi(point)) {
            probe.loss(there, batch, iteration, epoch);
            List<INDArray> changes = new ArrayList<>();
            for (int i = 0; i < outputs.size(); i++) {
                try (INDArray change =
                        probe.outputs().get(i).subi(outputs.get(i)).divi(e)) {
                    changes.add(hessians.get(i).factorTransposed(change));
                }
            }
            return new Tangent(direction, changes);
        }
    }

    /**
     * x^T G y.
     *
     * @param x tangent along one direction
     * @param y tangent along another, or the same
     * @return the product, a mean over the batch
     */
    public double product(Tangent x, Tangent y) {
        long samples = batch.getFeatures(0).size(0);
        double sum = 0;
        for (int i = 0; i < outputs.size(); i++) {
            INDArray a = x.outputs().get(i);
            INDArray b = y.outputs().get(i);
            try (INDArray products = a.mul(b)) {
                sum += products.sumNumber().doubleValue();
            }
        }
        return sum / samples + probe.curvatureOfTerms(x.direction(), y.direction(), samples, iteration, epoch);
    }

    /**
     * Mean diagonal entry of the loss's Hessian by the network's outputs, B B^T, that is what one output bends the loss of one row by. About
     * 0.1 to 2 for the usual losses; weights of losses are a factor of it. By random signs (Hutchinson 1990), the same every time.
     *
     * @return the mean over rows and outputs
     */
    public double meanOutputCurvature() {
        double sum = 0;
        long entries = 0;
        for (int i = 0; i < outputs.size(); i++) {
            Random random = new Random(i);
            double[] signs = random.doubles(outputs.get(i).length())
                    .map(x -> x < 0.5 ? -1 : 1)
                    .toArray();
            try (INDArray e = Nd4j.createFromArray(signs)
                            .reshape(outputs.get(i).shape())
                            .castTo(point.dataType());
                    INDArray factor = hessians.get(i).factorTransposed(e)) {
                double norm = factor.norm2Number().doubleValue();
                sum += norm * norm;
                entries += e.length();
            }
        }
        return sum / entries;
    }

    @Override
    public void close() {
        outputs.forEach(INDArray::close);
    }
}
