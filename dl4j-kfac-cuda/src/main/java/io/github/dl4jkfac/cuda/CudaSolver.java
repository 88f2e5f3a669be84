package io.github.dl4jkfac.cuda;

import io.github.dl4jkfac.solve.SymmetricSolver;
import java.lang.ref.Reference;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link SymmetricSolver} that takes large matrices to a device, for inverses, eigenvectors and two-sided products. It
 * leaves everything else to a solver on the CPU: small matrices and Gram products, which would be copied for longer than
 * they are worked on, operands that break the rules, which it knows how to refuse, and what the device fails at.
 */
final class CudaSolver implements SymmetricSolver {

    /** A CPU multiplies faster than it inverts, and four matrices are copied for a product. */
    private static final double PRODUCT_FACTOR = 2;

    private final GuardedDevice device;

    private final SymmetricSolver host;

    private final int leastOrder;

    /**
     * @param device does what is large enough
     * @param host does the rest
     * @param leastOrder order from which matrices go to the device for inverses and eigenvectors; for products the sides have twice that as
     *     their harmonic mean
     */
    CudaSolver(GuardedDevice device, SymmetricSolver host, int leastOrder) {
        this.device = device;
        this.host = host;
        this.leastOrder = leastOrder;
    }

    @Override
    public String toString() {
        return "CUDA (" + device + ") from order " + leastOrder + ", else " + host;
    }

    @Override
    public void invert(INDArray m, double shift, INDArray out) {
        HostMatrix source = HostMatrix.ofSquare(m);
        HostMatrix target = HostMatrix.ofSquare(out);
        boolean suits = isLarge(source) && target != null && target.isLike(source);
        if (!suits || !device.invert(source, shift, target)) {
            host.invert(m, shift, out);
        }
        // Once its pointer is taken the JIT may consider an array dead, and ND4J frees the buffers of such from another
        // thread.
        Reference.reachabilityFence(m);
        Reference.reachabilityFence(out);
    }

    @Override
    public void eigen(INDArray symmetric, INDArray values) {
        HostMatrix matrix = HostMatrix.ofSquare(symmetric);
        boolean suits = isLarge(matrix) && matrix.isServedBy(values);
        if (!suits || !device.eigen(matrix, values)) {
            host.eigen(symmetric, values);
        }
        Reference.reachabilityFence(symmetric);
        Reference.reachabilityFence(values);
    }

    @Override
    public void sandwich(INDArray left, INDArray v, INDArray right, INDArray work, INDArray out) {
        HostMatrix l = HostMatrix.ofSquare(left);
        HostMatrix source = HostMatrix.of(v);
        HostMatrix r = HostMatrix.ofSquare(right);
        HostMatrix target = HostMatrix.of(out);
        boolean fit = l != null && source != null && r != null && target != null && fit(l, source, r, target);
        if (!fit || !isLargeProduct(source) || !device.sandwich(l, source, r, target)) {
            host.sandwich(left, v, right, work, out);
        }
        Reference.reachabilityFence(left);
        Reference.reachabilityFence(v);
        Reference.reachabilityFence(right);
        Reference.reachabilityFence(out);
    }

    private static boolean fit(HostMatrix left, HostMatrix v, HostMatrix right, HostMatrix out) {
        return left.order() == v.rows()
                && right.order() == v.cols()
                && left.type() == v.type()
                && right.type() == v.type()
                && out.isLike(v);
    }

    /** For each number that is copied there are 2 r c / (r + c) multiplications, the harmonic mean of the sides. */
    private boolean isLargeProduct(HostMatrix v) {
        double mean = 2.0 * v.rows() * v.cols() / (v.rows() + v.cols());
        return mean >= PRODUCT_FACTOR * leastOrder;
    }

    private boolean isLarge(HostMatrix matrix) {
        return matrix != null && matrix.order() >= leastOrder;
    }

    @Override
    public void gramLower(INDArray x, double alpha, double beta, INDArray c) {
        host.gramLower(x, alpha, beta, c);
    }

    @Override
    public void mirrorLower(INDArray a) {
        host.mirrorLower(a);
    }

    @Override
    public void copyMatrix(INDArray from, INDArray to) {
        host.copyMatrix(from, to);
    }
}
