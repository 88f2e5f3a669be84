package io.github.dl4jkfac.curvature.rows;

import io.github.dl4jkfac.arrays.Finite;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Rows of embedding layers, whose inputs are one-hot and never written out: row r adds derivatives_r to the gradient of table row
 * indices_r. Rows are ordered sample by sample.
 *
 * @param indices the index of the one in each input, [N T]; every one below the size of the table
 * @param derivatives derivatives with respect to the looked-up rows, [N T, dG]; rows that a mask excludes are zero
 * @param weights column [N T,1] of ones and zeros that tells which rows a mask leaves in; null when all are in
 * @param active number of rows that are in
 * @param samples number of samples N
 */
public record LookupRows(int[] indices, INDArray derivatives, INDArray weights, double active, long samples)
        implements BatchRows {

    /**
     * Checks that there is a derivative for every index.
     *
     * @param indices the index of the one in each input, [N T]
     * @param derivatives derivatives with respect to the looked-up rows, [N T, dG]
     * @param weights column [N T,1] of ones and zeros, or null
     * @param active number of rows that are in
     * @param samples number of samples N
     * @throws IllegalArgumentException if there is not
     */
    public LookupRows {
        if (indices.length != derivatives.size(0)) {
            throw new IllegalArgumentException(
                    indices.length + " indices for " + derivatives.size(0) + " rows of derivatives");
        }
    }

    /**
     * Counts how often each index occurs in active rows.
     *
     * @param tokens size of the table
     * @return the number for each index, [tokens]
     */
    public double[] counts(int tokens) {
        double[] counts = new double[tokens];
        double[] active = weights == null ? null : weights.dup('c').data().asDouble();
        for (int row = 0; row < indices.length; row++) {
            counts[indices[row]] += active == null ? 1 : active[row];
        }
        return counts;
    }

    @Override
    public Magnitude magnitude() {
        return new Magnitude(0, Finite.sumOfMagnitudes(derivatives), derivatives.size(0));
    }

    @Override
    public BatchRows joined(int parts) {
        return new LookupRows(indices, derivatives, weights, active, samples / parts);
    }

    @Override
    public List<INDArray> derivativeMatrices() {
        return List.of(derivatives);
    }

    @Override
    public BatchRows repeated(int passes, List<INDArray> joined) {
        int[] allIndices = new int[passes * indices.length];
        for (int pass = 0; pass < passes; pass++) {
            System.arraycopy(indices, 0, allIndices, pass * indices.length, indices.length);
        }
        INDArray mask = RepeatedInputs.repeated(weights, passes);
        return new LookupRows(allIndices, joined.get(0), mask, passes * active, passes * samples);
    }

    @Override
    public BatchRows weightsOnly() {
        return this;
    }

    @Override
    public BatchRows biasOnly() {
        return OuterProductRows.ofBias(derivatives, weights, samples);
    }
}
