package io.github.dl4jkfac.curvature.eigen;

import io.github.dl4jkfac.arrays.Products;
import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.solve.SymmetricSolver;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Orthonormal eigenvectors of one Kronecker factor, as they were when they were last asked for.
 *
 * @param factor [d,d], of which the lower triangle is read; not modified
 * @param vectors U, [d,d], one eigenvector in each column
 * @param nullity how many of the first eigenvectors span the factor's null space, [1,1]
 * @param solver does the linear algebra
 */
record EigenBasis(INDArray factor, INDArray vectors, INDArray nullity, SymmetricSolver solver) {

    /** An eigenvalue up to so many units in the last place of the largest is zero: such are the errors of the decomposition. */
    private static final double ROUNDING = 16;

    /**
     * Eigenvectors and eigenvalues that are not in force yet; outside of workspaces.
     *
     * @param vectors [d,d], one in each column
     * @param values [d,1], none negative
     * @param nullity how many of the first eigenvalues are zero up to rounding
     */
    record Decomposition(INDArray vectors, INDArray values, long nullity) implements AutoCloseable {

        @Override
        public void close() {
            vectors.close();
            values.close();
        }
    }

    /**
     * Decomposes the factor as it is now.
     *
     * @throws FactorisationException if it is not finite or the iteration does not converge
     */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    Decomposition decompose() {
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            INDArray next = factor.dup('f');
            INDArray values = Nd4j.create(factor.dataType(), factor.size(0));
            try {
                solver.eigen(next, values);
            } catch (FactorisationException e) {
                next.close();
                values.close();
                throw e;
            }
            // rounding makes small eigenvalues negative
            return new Decomposition(next, column(Transforms.max(values, 0, false)), countZeros(values));
        }
    }

    /** The unit vectors and the factor's diagonal, for a factor whose eigenvectors cannot be had. */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    Decomposition diagonal() {
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            INDArray unit = Nd4j.create(factor.dataType(), factor.shape(), 'f');
            for (long i = 0; i < factor.size(0); i++) {
                unit.putScalar(i, i, 1);
            }
            return new Decomposition(unit, column(Nd4j.diag(factor).dup()), 0);
        }
    }

    /** @param ascending eigenvalues */
    private static long countZeros(INDArray ascending) {
        double[] values = ascending.toDoubleVector();
        double largest = values[values.length - 1];
        double unit = ascending.dataType() == DataType.DOUBLE ? Math.ulp(1.0) : Math.ulp(1.0f);
        return Arrays.stream(values)
                .takeWhile(value -> value <= ROUNDING * unit * largest)
                .count();
    }

    private static INDArray column(INDArray vector) {
        return vector.reshape('f', vector.length(), 1);
    }

    void replace(Decomposition next) {
        solver.copyMatrix(next.vectors(), vectors);
        nullity.assign(next.nullity());
    }

    /** The squares of the cosines between the present eigenvectors (rows) and others (columns), [d,d]; a new array, column-major. */
    INDArray squaredCosines(Decomposition next) {
        INDArray cosines = Nd4j.createUninitialized(vectors.dataType(), vectors.shape(), 'f');
        Products.multiplyTransposed(vectors, next.vectors(), cosines, 1, 0);
        return cosines.muli(cosines);
    }

    /** Rows x as x U; a new array, column-major. */
    INDArray coordinates(INDArray rows) {
        INDArray result = Nd4j.createUninitialized(rows.dataType(), rows.shape(), 'f');
        Products.multiply(rows, vectors, result, 1, 0);
        return result;
    }
}
