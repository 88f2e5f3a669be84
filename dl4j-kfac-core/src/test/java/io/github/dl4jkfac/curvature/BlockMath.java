package io.github.dl4jkfac.curvature;

import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;
import static io.github.dl4jkfac.testing.TestNetworks.trace;
import static io.github.dl4jkfac.testing.TestNetworks.vec;

import io.github.dl4jkfac.testing.TestNetworks;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Definitions, written out, that blocks are compared with. */
public final class BlockMath {

    private BlockMath() {}

    /** A x B over row-major vectors. */
    public static INDArray kron(INDArray a, INDArray b) {
        return TestNetworks.kron(a, b);
    }

    /** (A + pi gamma I) x (G + gamma / pi I). */
    public static INDArray dampedProduct(INDArray a, INDArray g, double damping) {
        double pi = Math.sqrt((trace(a) / a.size(0)) / (trace(g) / g.size(0)));
        double gamma = Math.sqrt(damping);
        return kron(plusDiagonal(a, pi * gamma), plusDiagonal(g, gamma / pi));
    }

    /** The mean over the gradients of u u^T, u = vec(gradient). */
    public static INDArray secondMoment(Iterable<INDArray> gradients) {
        INDArray sum = null;
        int samples = 0;
        for (INDArray gradient : gradients) {
            INDArray u = vec(gradient);
            INDArray square = u.transpose().mmul(u);
            sum = sum == null ? square : sum.addi(square);
            samples++;
        }
        return sum.divi(samples);
    }
}
