package io.github.dl4jkfac.capture.likelihood;

import io.github.dl4jkfac.arrays.Reductions;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The Jacobian J = do/dz of an activation function o = f(z) that works row by row. */
final class ActivationJacobian {

    /** ND4J's own functions work element by element, or are the softmax: their Jacobians are symmetric. */
    private static final Package SYMMETRIC = org.nd4j.linalg.activations.impl.ActivationIdentity.class.getPackage();

    private final IActivation activation;

    ActivationJacobian(IActivation activation) {
        this.activation = activation;
    }

    /**
     * J^T times each row.
     *
     * @param z [N,C]; not modified
     * @param rows [N,C]; may be overwritten
     * @return [N,C]
     */
    INDArray transposed(INDArray z, INDArray rows) {
        return activation.backprop(z.dup(), rows).getFirst();
    }

    /**
     * J times each row. Of functions that are not ND4J's own it takes C backward passes, one for each row of J.
     *
     * @param z [N,C]; not modified
     * @param rows [N,C]; may be overwritten
     * @return [N,C]
     */
    INDArray times(INDArray z, INDArray rows) {
        if (activation.getClass().getPackage() == SYMMETRIC) {
            return transposed(z, rows);
        }
        INDArray result = Nd4j.createUninitialized(rows.dataType(), rows.shape(), 'f');
        for (long i = 0; i < rows.size(1); i++) {
            INDArray unit = Nd4j.zeros(rows.dataType(), rows.shape());
            unit.getColumn(i).assign(1);
            result.getColumn(i, true).assign(Reductions.sum(transposed(z, unit).muli(rows), true, 1));
        }
        return result;
    }
}
