package io.github.dl4jkfac.samplespace;

import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * A batch, ready for steps: J_l of all members and the inverse of the damped Gram matrix. Vectors of the samples' space are columns
 * [N,1] in double precision.
 */
final class SampleSystem implements AutoCloseable {

    private final List<RowOperator> members;
    private final DataType type;
    private final DampedGram gram;
    private final SampleSolver solver;
    private final INDArray inverseRoots;

    /**
     * @param members J_l
     * @param type the rows' type
     * @param gram their Gram matrix
     * @param solver its inverse
     * @param scales t as {@code gram} has them; null for 1
     */
    SampleSystem(List<RowOperator> members, DataType type, DampedGram gram, SampleSolver solver, INDArray scales) {
        this.members = members;
        this.type = type;
        this.gram = gram;
        this.solver = solver;
        this.inverseRoots = scales == null ? null : Transforms.pow(scales, -0.5, true);
    }

    long samples() {
        return members.get(0).samples();
    }

    /** lambda, the least of the members' dampings. */
    double damping() {
        return gram.damping();
    }

    /** Whether no sample moves any member, and nothing damps: gradients pass as they are. */
    boolean isEmpty() {
        return gram.isEmpty();
    }

    /** r_l = lambda / lambda_l. */
    double weight(int member) {
        return gram.weights()[member];
    }

    /** (sum_l r_l J_l J_l^T + N lambda diag(t))^-1 b. */
    INDArray solve(INDArray b) {
        return inverseRoots == null
                ? solver.solve(b)
                : solver.solve(b.mul(inverseRoots)).muli(inverseRoots);
    }

    /** sum_l r_l J_l vec(V_l). */
    INDArray weightedTimes(List<INDArray> matrices) {
        INDArray sum = Nd4j.create(DataType.DOUBLE, samples(), 1);
        for (int i = 0; i < members.size(); i++) {
            sum.addi(members.get(i)
                    .times(matrices.get(i))
                    .castTo(DataType.DOUBLE)
                    .muli(weight(i)));
        }
        return sum;
    }

    /** J_l^T c, a new matrix [dA,dG] like the one given. */
    INDArray transposedTimes(int member, INDArray coefficients, INDArray like) {
        INDArray out = Nd4j.createUninitialized(type, like.shape(), 'f');
        members.get(member).transposedTimes(coefficients.castTo(type), out);
        return out;
    }

    /** J_l^T 1 / N, the mean gradient of the loss, a new matrix [dA,dG] like the one given. */
    INDArray meanGradient(int member, INDArray like) {
        return transposedTimes(member, ones().divi(samples()), like);
    }

    INDArray ones() {
        return Nd4j.ones(DataType.DOUBLE, samples(), 1);
    }

    /** Frees the largest of its arrays, without waiting for the garbage collector. */
    @Override
    public void close() {
        if (solver != null) {
            solver.close();
        }
    }
}
