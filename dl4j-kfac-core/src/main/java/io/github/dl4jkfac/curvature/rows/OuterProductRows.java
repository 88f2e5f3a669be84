package io.github.dl4jkfac.curvature.rows;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.arrays.Reductions;
import io.github.dl4jkfac.solve.SymmetricSolver;
import java.util.List;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Rows of dense, convolutional and recurrent layers: the gradient of sample n is the sum over its positions t of
 * [inputs_nt, 1]^T derivatives_nt. Rows are ordered sample by sample: row n T + t.
 *
 * @param inputs layer inputs a, [N T, inputs]; without the homogeneous coordinate
 * @param derivatives derivatives g with respect to the pre-activations, [N T, dG], column-major; rows that a mask excludes are zero
 * @param weights column [N T,1] of ones and zeros that tells which rows a mask leaves in; null when all are in
 * @param active number of rows that are in
 * @param samples number of samples N
 */
public record OuterProductRows(InputSource inputs, INDArray derivatives, INDArray weights, double active, long samples)
        implements BatchRows {

    /**
     * Checks that inputs and derivatives have the same number of rows.
     *
     * @param inputs layer inputs, [N T, inputs]
     * @param derivatives derivatives of the per-sample losses, [N T, dG]
     * @param weights column [N T,1] of ones and zeros, or null
     * @param active number of rows that are in
     * @param samples number of samples N
     * @throws IllegalArgumentException if they have not, or if the rows are no multiple of the samples
     */
    public OuterProductRows {
        if (inputs.rows() != derivatives.size(0) || samples < 1 || inputs.rows() % samples != 0) {
            throw new IllegalArgumentException("Inputs have " + inputs.rows() + " rows, derivatives "
                    + derivatives.size(0) + ", of " + samples + " samples");
        }
    }

    /**
     * Makes rows none of which is masked.
     *
     * @param inputs layer inputs, [N T, inputs]
     * @param derivatives derivatives of the per-sample losses, [N T, dG]
     * @param samples number of samples N
     * @return the rows
     */
    public static OuterProductRows of(InputSource inputs, INDArray derivatives, long samples) {
        return new OuterProductRows(inputs, derivatives, null, inputs.rows(), samples);
    }

    /** {@return T, the number of rows of one sample} */
    public long positions() {
        return inputs.rows() / samples;
    }

    /**
     * Hands out the inputs in pieces of whole samples, with zeros for the rows that a mask leaves out.
     *
     * @param width how many columns at most: a homogeneous coordinate beyond them is left out
     * @param consumer takes the pieces
     */
    public void forEachActive(long width, InputSource.ChunkConsumer consumer) {
        inputs.forEachChunk((firstRow, chunk) -> {
            INDArray wanted =
                    chunk.size(1) > width ? chunk.get(NDArrayIndex.all(), NDArrayIndex.interval(0, width)) : chunk;
            if (weights == null) {
                consumer.accept(firstRow, wanted);
            } else {
                acceptWeighted(firstRow, wanted, consumer);
            }
        });
    }

    /**
     * Writes out all inputs as one matrix, with zeros for the rows that a mask leaves out.
     *
     * @param width columns of the matrix: with the homogeneous coordinate, or without
     * @param solver copies the pieces
     * @return a new array [N T, width], column-major
     */
    public INDArray activeInputs(long width, SymmetricSolver solver) {
        long columns = inputs.columns();
        INDArray matrix = Nd4j.createUninitialized(inputs.type(), new long[] {inputs.rows(), width}, 'f');
        forEachActive(
                columns,
                (firstRow, chunk) -> solver.copyMatrix(
                        chunk,
                        matrix.get(
                                NDArrayIndex.interval(firstRow, firstRow + chunk.size(0)),
                                NDArrayIndex.interval(0, columns))));
        if (width > columns) {
            INDArray last = matrix.getColumn(columns);
            if (weights == null) {
                last.assign(1);
            } else {
                last.assign(weights.reshape(new long[] {weights.length()}).castTo(inputs.type()));
            }
        }
        return matrix;
    }

    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    private void acceptWeighted(long firstRow, INDArray chunk, InputSource.ChunkConsumer consumer) {
        // Of a column that is a view, get() with two indices takes some parts for empty.
        INDArray mask = weights.reshape(new long[] {weights.length()})
                .get(NDArrayIndex.interval(firstRow, firstRow + chunk.size(0)))
                .reshape('c', chunk.size(0), 1);
        // Outside of workspaces, so that many chunks do not fill the caller's.
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces();
                INDArray weighted = chunk.dup('f')) {
            consumer.accept(firstRow, weighted.muliColumnVector(mask.castTo(weighted.dataType())));
        }
    }

    /**
     * Copies a piece of the inputs and adds the homogeneous coordinate where it is missing.
     *
     * @param chunk [m, width] or, without the homogeneous coordinate, [m, width - 1]; not modified
     * @param width columns of the copy
     * @param solver copies the piece
     * @return [m, width], a new array, column-major
     */
    public static INDArray homogeneous(INDArray chunk, long width, SymmetricSolver solver) {
        long columns = chunk.size(1);
        INDArray result = Nd4j.createUninitialized(chunk.dataType(), new long[] {chunk.size(0), width}, 'f');
        solver.copyMatrix(chunk, result.get(NDArrayIndex.all(), NDArrayIndex.interval(0, columns)));
        if (columns < width) {
            result.get(NDArrayIndex.all(), NDArrayIndex.interval(columns, width))
                    .assign(1);
        }
        return result;
    }

    /**
     * Tells whether a matrix is column-major without gaps: a reshape of others that joins rows and columns mixes up their entries.
     *
     * @param matrix any matrix; not modified
     * @return whether its entries lie one after the other, column by column
     */
    public static boolean isContiguous(INDArray matrix) {
        return matrix.stride(0) == 1 && matrix.stride(1) == matrix.size(0);
    }

    @Override
    public Magnitude magnitude() {
        return new Magnitude(inputs.magnitude(), Finite.sumOfMagnitudes(derivatives), derivatives.size(0));
    }

    @Override
    public BatchRows joined(int parts) {
        return new OuterProductRows(inputs, derivatives, weights, active, samples / parts);
    }

    @Override
    public List<INDArray> derivativeMatrices() {
        return List.of(derivatives);
    }

    @Override
    public BatchRows repeated(int passes, List<INDArray> joined) {
        INDArray mask = RepeatedInputs.repeated(weights, passes);
        return new OuterProductRows(
                new RepeatedInputs(inputs, passes), joined.get(0), mask, passes * active, passes * samples);
    }

    /**
     * The same inputs without their repetitions, for means over inputs alone.
     *
     * @return with the derivatives of the first pass; these rows themselves unless inputs are repeated
     */
    public OuterProductRows inputsOnce() {
        if (!(inputs instanceof RepeatedInputs repeated)) {
            return this;
        }
        long rows = repeated.base().rows();
        INDArray first = derivatives.get(NDArrayIndex.interval(0, rows), NDArrayIndex.all());
        // ND4J takes some parts of parts for empty
        INDArray mask = weights == null
                ? null
                : weights.get(NDArrayIndex.interval(0, rows), NDArrayIndex.all())
                        .dup();
        return new OuterProductRows(
                repeated.base(), first, mask, active / repeated.times(), samples / repeated.times());
    }

    @Override
    public BatchRows lasting() {
        return new OuterProductRows(inputs.lasting(), derivatives, weights, active, samples);
    }

    @Override
    public BatchRows weightsOnly() {
        return this; // the homogeneous coordinate is the block's
    }

    /** The bias alone has one row per sample, the sum over its positions, and no inputs: F = G exactly. */
    @Override
    public BatchRows biasOnly() {
        return ofBias(derivatives, weights, samples);
    }

    static BatchRows ofBias(INDArray derivatives, INDArray weights, long samples) {
        long positions = derivatives.size(0) / samples;
        INDArray sums = positions == 1
                ? derivatives
                : Reductions.sum(derivatives.reshape('f', positions, samples, derivatives.size(1)), false, 0);
        boolean any = weights == null || weights.sumNumber().doubleValue() > 0;
        return new OuterProductRows(
                new NoInputs(samples, derivatives.dataType()), sums, null, any ? samples : 0, samples);
    }
}
