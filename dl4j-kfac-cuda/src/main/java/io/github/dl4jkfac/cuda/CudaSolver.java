package io.github.dl4jkfac.cuda;

import io.github.dl4jkfac.solve.SymmetricSolver;
import java.lang.ref.Reference;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link SymmetricSolver} that takes inverses and eigenvectors of large matrices to a device, and leaves everything else
 * to a solver on the CPU: products, small matrices, which would be copied for longer than they are worked on, operands
 * that break the rules, which it knows how to refuse, and what the device fails at.
 */
final class CudaSolver implements SymmetricSolver {

    private final GuardedDevice device;

    private final SymmetricSolver host;

    private final int leastOrder;

    /**
     * @param device does what is large enough
     * @param host does the rest
     * @param leastOrder order from which matrices go to the device
     */
    CudaSolver(GuardedDevice device, SymmetricSolver host, int leastOrder) {
        this.device = device;
        this.host = host;
        this.leastOrder = leastOrder;
    }

    @Override
    public String toString() {
        return "CUDA (" + device + ") for inverses and eigenvectors from order " + leastOrder + ", else " + host;
    }

    @Override
    public void invert(INDArray m, double shift, INDArray out) {
        HostMatrix source = HostMatrix.of(m);
        HostMatrix target = HostMatrix.of(out);
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
        HostMatrix matrix = HostMatrix.of(symmetric);
        boolean suits = isLarge(matrix) && matrix.isServedBy(values);
        if (!suits || !device.eigen(matrix, values)) {
            host.eigen(symmetric, values);
        }
        Reference.reachabilityFence(symmetric);
        Reference.reachabilityFence(values);
    }

    private boolean isLarge(HostMatrix matrix) {
        return matrix != null && matrix.order() >= leastOrder;
    }

    @Override
    public void gramLower(INDArray x, double alpha, double beta, INDArray c) {
        host.gramLower(x, alpha, beta, c);
    }

    @Override
    public void sandwich(INDArray left, INDArray v, INDArray right, INDArray work, INDArray out) {
        host.sandwich(left, v, right, work, out);
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
