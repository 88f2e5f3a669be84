package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.curvature.rows.SampleGradients;
import io.github.dl4jkfac.solve.SymmetricSolver;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** J_l of parameters so few that the gradients of all samples are there, such as scales and shifts. */
final class GradientOperator implements RowOperator {

    private final List<INDArray> gradients;
    private final SymmetricSolver solver;

    GradientOperator(SampleGradients rows, SymmetricSolver solver) {
        this.gradients = rows.gradients();
        this.solver = solver;
    }

    @Override
    public long samples() {
        return gradients.get(0).size(0);
    }

    @Override
    public void addGram(INDArray gram) {
        gradients.forEach(part -> solver.gramLower(part.transpose(), 1, 1, gram));
    }

    @Override
    public INDArray times(INDArray matrix) {
        INDArray result = Nd4j.create(matrix.dataType(), new long[] {samples(), 1}, 'f');
        for (int row = 0; row < gradients.size(); row++) {
            result.addi(gradients.get(row).mmul(matrix.getRow(row, true).transpose()));
        }
        return result;
    }

    @Override
    public void transposedTimes(INDArray coefficients, INDArray out) {
        for (int row = 0; row < gradients.size(); row++) {
            out.getRow(row, true).assign(coefficients.transpose().mmul(gradients.get(row)));
        }
    }
}
