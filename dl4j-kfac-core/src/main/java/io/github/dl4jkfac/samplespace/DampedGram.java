package io.github.dl4jkfac.samplespace;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The Gram matrix of a batch and its damping. Members may be damped differently, by lambda_l: with the least of them, lambda, and
 * weights r_l = lambda / lambda_l the matrix is sum_l r_l J_l J_l^T, to which N lambda I is to be added. Where samples have scales t_n,
 * J_l is replaced by diag(t)^-1/2 J_l.
 *
 * <p>Relative damping adds to all lambda_l the same share of the mean diagonal of J J^T / N, so that scaling the loss scales the
 * damping with the curvature. No lambda_l is less than what rounding hides.
 *
 * <p>Where the matrix is zero and nothing else damps it, its own scale cannot. Then lambda is 1, with which gradients pass as they are.
 *
 * @param matrix [N,N] in double precision, column-major; only its lower triangle means anything
 * @param damping lambda
 * @param weights r_l of each member, in (0,1]
 * @param isEmpty whether the matrix is zero and lambda only stands in for a damping
 */
record DampedGram(INDArray matrix, double damping, double[] weights, boolean isEmpty) {

    /**
     * Computes the Gram matrix.
     *
     * @param members of all members the rows, at least one member
     * @param absolute damping of each of them
     * @param relative damping of all, in units of the mean diagonal of J J^T / N
     * @param least least damping of all, in the same units
     * @param scales t, [N,1] in double precision; null for 1
     * @param type the rows' type
     */
    static DampedGram of(
            List<RowOperator> members,
            List<Double> absolute,
            double relative,
            double least,
            INDArray scales,
            DataType type) {
        long samples = members.get(0).samples();
        Map<Double, INDArray> grams = new LinkedHashMap<>(); // one for each damping: mostly there is one only
        for (int i = 0; i < members.size(); i++) {
            INDArray gram = grams.computeIfAbsent(
                    absolute.get(i), unknown -> Nd4j.create(type, new long[] {samples, samples}, 'f'));
            members.get(i).addGram(gram);
        }
        grams.replaceAll((unused, gram) -> scaled(inDouble(gram), scales));
        double unit = grams.values().stream().mapToDouble(DampedGram::trace).sum() / samples / samples;
        double[] all = absolute.stream()
                .mapToDouble(lambda -> Math.max(lambda + relative * unit, least * unit))
                .toArray();
        double damping = Arrays.stream(all).min().orElseThrow();
        if (damping == 0 && unit == 0) {
            Arrays.fill(all, 1);
            return new DampedGram(weightedSum(grams, absolute, all), 1, all, true);
        }
        double[] weights = Arrays.stream(all).map(lambda -> damping / lambda).toArray();
        return new DampedGram(weightedSum(grams, absolute, weights), damping, weights, false);
    }

    private static INDArray inDouble(INDArray gram) {
        if (gram.dataType() == DataType.DOUBLE) {
            return gram;
        }
        try (gram) {
            return gram.castTo(DataType.DOUBLE);
        }
    }

    private static INDArray scaled(INDArray gram, INDArray scales) {
        if (scales == null) {
            return gram;
        }
        INDArray roots = Transforms.pow(scales, -0.5, true);
        return gram.muliColumnVector(roots).muliRowVector(roots.transpose());
    }

    private static double trace(INDArray gram) {
        return Nd4j.diag(gram).sumNumber().doubleValue();
    }

    private static INDArray weightedSum(Map<Double, INDArray> grams, List<Double> absolute, double[] weights) {
        INDArray sum = null;
        for (Map.Entry<Double, INDArray> entry : grams.entrySet()) {
            INDArray gram = entry.getValue().muli(weights[absolute.indexOf(entry.getKey())]);
            sum = sum == null ? gram : sum.addi(gram);
        }
        return sum;
    }
}
