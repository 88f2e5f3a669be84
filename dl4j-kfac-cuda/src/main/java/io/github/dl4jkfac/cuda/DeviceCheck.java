package io.github.dl4jkfac.cuda;

import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.solve.FactorisationException.Reason;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Compares what a device computes with what must come out, on matrices of an even and an odd order: a device that is
 * wrong, or for which the routines have no code, is found before training depends on it.
 */
@SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
final class DeviceCheck {

    private static final int[] ORDERS = {64, 133};

    private static final double SHIFT = 0.5;

    private final DeviceAlgebra device;

    DeviceCheck(DeviceAlgebra device) {
        this.device = device;
    }

    /**
     * Makes the comparison.
     *
     * @return what is wrong, a clause; null if nothing is
     * @throws DeviceException if the device has failed
     */
    String fault() {
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
                for (int n : ORDERS) {
                    String fault = fault(type, n);
                    if (fault != null) {
                        return fault + " of order " + n + ", " + type;
                    }
                }
            }
            return null;
        } catch (FactorisationException e) {
            return "a matrix that has an inverse is refused, " + e.getMessage();
        }
    }

    private String fault(DataType type, int n) {
        double tolerance = type == DataType.DOUBLE ? 1e-11 : 1e-3;
        INDArray m = positiveDefinite(n).castTo(type).dup('f');
        INDArray out = Nd4j.create(type, new long[] {n, n}, 'f');
        device.invert(HostMatrix.of(withNoiseAbove(m)), SHIFT, HostMatrix.of(out));
        INDArray shifted = m.add(Nd4j.eye(n).castTo(type).muli(SHIFT));
        if (!isIdentity(shifted.mmul(out), tolerance)) {
            return "wrong inverse";
        }
        if (!(greatest(out.sub(out.transpose())) == 0)) {
            return "inverse that is not symmetric";
        }
        INDArray q = withNoiseAbove(m);
        INDArray values = Nd4j.create(type, n);
        device.eigen(HostMatrix.of(q), values);
        if (!isIdentity(q.transpose().mmul(q), tolerance)) {
            return "wrong eigenvectors";
        }
        INDArray rebuilt = q.mulRowVector(values).mmul(q.transpose());
        if (!(greatest(rebuilt.sub(m)) <= tolerance * n)) {
            return "wrong eigenvalues";
        }
        INDArray v = m.dup('f').get(NDArrayIndex.all(), NDArrayIndex.interval(1, n - 2));
        INDArray right = positiveDefinite(n - 3).castTo(type).dup('f');
        INDArray expected = m.mmul(v).mmul(right);
        INDArray product = Nd4j.create(type, new long[] {n, n - 3}, 'f');
        device.sandwich(HostMatrix.of(m), HostMatrix.of(v), HostMatrix.of(right), HostMatrix.of(product));
        if (!(greatest(product.sub(expected)) <= tolerance * greatest(expected))) {
            return "wrong product";
        }
        return bad(m, -2.0 * n, Reason.NOT_POSITIVE_DEFINITE) + bad(m, Double.NaN, Reason.NON_FINITE) == 2
                ? null
                : "wrong answer to a bad matrix";
    }

    /** Returns 1 if a matrix with this entry is refused for this reason, and else 0. */
    private int bad(INDArray m, double entry, Reason reason) {
        INDArray spoilt = m.dup('f');
        int last = m.rows() - 1;
        spoilt.putScalar(last, last, entry);
        try {
            device.invert(HostMatrix.of(spoilt), 0, HostMatrix.of(m.dup('f')));
            return 0;
        } catch (FactorisationException e) {
            return e.reason() == reason ? 1 : 0;
        }
    }

    /** X^T X + I with entries of X from -1 to 1, so that the condition number is small. */
    private static INDArray positiveDefinite(int n) {
        Random random = new Random(n);
        double[] values = new double[n * n];
        for (int i = 0; i < values.length; i++) {
            values[i] = 2 * random.nextFloat() - 1;
        }
        INDArray x = Nd4j.createFromArray(values).reshape('c', n, n);
        return x.transpose().mmul(x).addi(Nd4j.eye(n).castTo(DataType.DOUBLE));
    }

    /** As a view, so that columns lie apart, and with a triangle that must not be read. */
    private static INDArray withNoiseAbove(INDArray m) {
        int n = m.rows();
        INDArray view = Nd4j.create(m.dataType(), new long[] {n + 3, n}, 'f')
                .get(NDArrayIndex.interval(2, n + 2), NDArrayIndex.all());
        view.assign(m);
        for (int j = 1; j < n; j++) {
            view.putScalar(j - 1, j, Double.NaN);
        }
        return view;
    }

    private static boolean isIdentity(INDArray product, double tolerance) {
        int n = product.rows();
        return greatest(product.sub(Nd4j.eye(n).castTo(product.dataType()))) <= tolerance;
    }

    /** The greatest absolute value; NaN if there is one, which no comparison lets pass. */
    private static double greatest(INDArray a) {
        double greatest = 0;
        for (double value : a.dup('c').data().asDouble()) {
            greatest = Math.max(greatest, Math.abs(value));
        }
        return greatest;
    }
}
