package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.arrays.Products;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.kronecker.KroneckerFactors;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import io.github.dl4jkfac.state.Slice.Weight;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Moments of lag 0 and 1 of a recurrent layer's homogeneous inputs abar_t = [a_t, 1] and derivatives g_t, as moving averages in the
 * state's slices: A_0 and G_0 as in {@link KroneckerFactors}, A_1 = sum_t abar_{t+1} abar_t^T and G_1 likewise, divided by what A_0
 * and G_0 are divided by, so that no correlation exceeds 1 (Martens, Ba, Johnson 2018). G_0 and G_1 are sums over a sample's
 * steps: E[T] times the paper's.
 *
 * <p>Only neighbours that belong to one sample and are both left in by the mask make a pair.
 */
final class TimeChainFactors {

    private static final String A = "A";
    private static final String G = "G";
    private static final String A_LAG = "A_lag";
    private static final String G_LAG = "G_lag";

    /** Number of lags at which a sum that goes on forever is cut. */
    private static final int MOST_LAGS = 10_000;

    private final KroneckerFactors zero;
    private final LagMoments inputs;
    private final LagMoments outputs;
    private final SymmetricSolver solver;

    TimeChainFactors(BlockState state, SymmetricSolver solver) {
        this.zero = new KroneckerFactors(state.get(A), state.get(G), solver);
        this.inputs = new LagMoments(state.get(A), state.get(A_LAG), solver);
        this.outputs = new LagMoments(state.get(G), state.get(G_LAG), solver);
        this.solver = solver;
    }

    static List<Slice> slices(BlockShape shape) {
        int dA = shape.inputDimension();
        int dG = shape.outputs();
        return List.of(
                Slice.moment(A, dA, Weight.ROWS),
                Slice.moment(G, dG, Weight.SAMPLES),
                Slice.statistic(A_LAG, dA, dA, Weight.ROWS),
                Slice.statistic(G_LAG, dG, dG, Weight.SAMPLES));
    }

    LagMoments inputs() {
        return inputs;
    }

    LagMoments outputs() {
        return outputs;
    }

    /**
     * @param rows one batch
     * @param keep weight of the old averages, in [0,1)
     */
    void update(OuterProductRows rows, double keep) {
        zero.update(rows, keep);
        OuterProductRows once = rows.inputsOnce();
        INDArray follows = follows(rows); // of the inputs without their repetitions it is the beginning
        once.inputs().forEachChunk((firstRow, chunk) -> {
            INDArray links = follows.get(NDArrayIndex.interval(firstRow, firstRow + chunk.size(0)), NDArrayIndex.all());
            addProducts(homogeneous(chunk), links, (1 - keep) / once.active(), firstRow == 0 ? keep : 1, inputs.lag());
        });
        addProducts(rows.derivatives(), follows, (1 - keep) / rows.samples(), keep, outputs.lag());
    }

    /** A column of ones and zeros that tells which rows follow the row above them in time. */
    private static INDArray follows(OuterProductRows rows) {
        double[] weights = rows.weights() == null ? null : rows.weights().toDoubleVector();
        double[] follows = new double[(int) rows.inputs().rows()];
        for (int row = 1; row < follows.length; row++) {
            boolean sameSample = row % rows.positions() != 0;
            boolean active = weights == null || weights[row - 1] != 0 && weights[row] != 0;
            follows[row] = sameSample && active ? 1 : 0;
        }
        DataType type = rows.derivatives().dataType();
        return Nd4j.createFromArray(follows).castTo(type).reshape('f', follows.length, 1);
    }

    private INDArray homogeneous(INDArray chunk) {
        long columns = chunk.size(1);
        long wanted = inputs.zero().size(0);
        if (columns >= wanted) { // all there, perhaps with a 1 that is not wanted
            return columns == wanted ? chunk : chunk.get(NDArrayIndex.all(), NDArrayIndex.interval(0, wanted));
        }
        return OuterProductRows.homogeneous(chunk, wanted, solver);
    }

    /** lag <- keep lag + scale sum over the rows x_r that follow another of x_r^T x_(r-1). */
    private void addProducts(INDArray rowsOrPart, INDArray follows, double scale, double keep, INDArray lag) {
        // ND4J takes some parts of parts for empty
        INDArray x = OuterProductRows.isContiguous(rowsOrPart) ? rowsOrPart : rowsOrPart.dup('f');
        long rows = x.size(0);
        INDArray previous = Nd4j.create(x.dataType(), x.shape(), 'f');
        if (rows > 1) {
            solver.copyMatrix(
                    x.get(NDArrayIndex.interval(0, rows - 1), NDArrayIndex.all()),
                    previous.get(NDArrayIndex.interval(1, rows), NDArrayIndex.all()));
        }
        previous.muliColumnVector(follows);
        Products.multiplyTransposed(x, previous, lag, scale, keep);
    }

    /**
     * V_0 + sum_d w_d (V_d + V_d^T) over the row-major vector of [dA,dG], with V_d = A_d x G_d and M_d = M_1 (M_0^-1 M_1)^(d-1).
     *
     * @param weights w_d, until it is zero
     */
    INDArray toDense(TimeChainModel model, IntToDoubleFunction weights) {
        INDArray sum = zero.toDense();
        INDArray a = model.lag(inputs);
        INDArray g = model.lag(outputs);
        INDArray stepOfInputs = inputs.inverse().mmul(a);
        INDArray stepOfOutputs = outputs.inverse().mmul(g);
        double negligible = 1e-17 * sum.norm2Number().doubleValue();
        for (int d = 1; d < MOST_LAGS && weights.applyAsDouble(d) > 0; d++) {
            INDArray term = KroneckerFactors.product(a, g);
            if (term.norm2Number().doubleValue() <= negligible) {
                break;
            }
            sum.addi(term.add(term.transpose()).muli(weights.applyAsDouble(d)));
            a = a.mmul(stepOfInputs);
            g = g.mmul(stepOfOutputs);
        }
        return sum;
    }
}
