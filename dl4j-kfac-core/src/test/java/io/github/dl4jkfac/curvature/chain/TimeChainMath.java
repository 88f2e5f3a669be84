package io.github.dl4jkfac.curvature.chain;

import static io.github.dl4jkfac.curvature.BlockMath.kron;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The chain model, written out as matrices over the row-major vector of [dA,dG]. */
final class TimeChainMath {

    private TimeChainMath() {}

    /** Moments of lag 0 and 1 of one side, [d,d], between which no correlation exceeds {@code strength}. */
    record Moments(INDArray zero, INDArray lag) {

        static Moments random(long seed, int d, double strength) {
            INDArray root = plusDiagonal(normal(seed, d, d), 1);
            INDArray h = normal(seed + 1, d, d);
            h.muli(strength / h.norm2Number().doubleValue());
            return new Moments(root.mmul(root.transpose()), root.mmul(h).mmul(root.transpose()));
        }

        Moments symmetrised() {
            return new Moments(zero, lag.add(lag.transpose()).divi(2));
        }

        Moments damped(double shift) {
            return new Moments(plusDiagonal(zero, shift), lag);
        }

        /** M_d = (M_1 M_0^-1)^d M_0. */
        INDArray at(int d) {
            INDArray step = lag.mmul(inverse(zero));
            INDArray result = zero;
            for (int k = 0; k < d; k++) {
                result = step.mmul(result);
            }
            return result;
        }
    }

    /** The sum over all pairs of T steps, the pair (s,t) contributing V_(s-t). */
    static INDArray allPairs(Moments a, Moments g, int length) {
        INDArray sum = kron(a.zero, g.zero).mul(length);
        for (int lag = 1; lag < length; lag++) { // of as many pairs, twice each
            INDArray v = kron(a.at(lag), g.at(lag)).muli(length - lag);
            sum.addi(v).addi(v.transpose());
        }
        return sum;
    }

    /** V_0^1/2 (I - H)^-1 (I - H H^T)(I - H^T)^-1 V_0^1/2, for one step; the square roots are drawn into the brackets. */
    static INDArray longSequences(Moments a, Moments g) {
        INDArray v0 = kron(a.zero, g.zero);
        INDArray v1 = kron(a.lag, g.lag);
        INDArray psi = v1.mmul(inverse(v0)); // V_0^1/2 H V_0^-1/2
        INDArray left = inverse(Nd4j.eye(v0.size(0)).castTo(DataType.DOUBLE).sub(psi));
        INDArray innovation = v0.sub(psi.mmul(v0).mmul(psi.transpose()));
        return left.mmul(innovation).mmul(left.transpose());
    }
}
