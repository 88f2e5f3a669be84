package io.github.dl4jkfac.capture.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A network on one batch, at one point in the space of its parameters: the pre-activations z of its outputs, J^T with J = dz/dtheta,
 * and the Hessians H = B B^T of its losses in z. What has one entry per output is a list; z has the rows that DL4J hands the losses:
 * one per sample, or one per sample and step or position.
 */
public final class Linearisation {

    private final OutputProbe probe;
    private final INDArray parameters;
    private final MultiDataSet batch;
    private final List<HeadHessian> hessians;
    private final double loss;
    private final INDArray gradient;
    private final INDArray offset;

    Linearisation(OutputProbe probe, INDArray parameters, MultiDataSet batch) {
        this.probe = probe;
        this.parameters = parameters;
        this.batch = batch;
        INDArray sum = probe.backward(parameters, batch, null);
        this.hessians = probe.heads().stream().map(HeadProbe::hessian).toList();
        this.loss = probe.heads().stream().mapToDouble(HeadProbe::loss).sum() / samples();
        this.offset = probe.pullsTowardsCenters() ? probe.backward(parameters, batch, zeros()) : null;
        this.gradient = withoutOffset(sum).divi(samples());
    }

    private List<INDArray> zeros() {
        return hessians.stream().map(hessian -> hessian.z().like()).toList();
    }

    /** DL4J's backward pass is affine in dL/dz where centre loss adds its pull, and linear elsewhere. */
    private INDArray withoutOffset(INDArray sum) {
        return offset == null ? sum : sum.subi(offset);
    }

    /** {@return N, the number of samples, as DL4J divides its gradient by it} */
    public long samples() {
        return batch.getLabels(0).size(0);
    }

    /** {@return the point, [1,P]; not a copy} */
    public INDArray parameters() {
        return parameters;
    }

    /** {@return the batch, in float64; not a copy} */
    public MultiDataSet batch() {
        return batch;
    }

    /** {@return the loss of all outputs at the true labels, a mean over the batch, without L1 and L2} */
    public double loss() {
        return loss;
    }

    /** {@return the gradient of {@link #loss()}, [1,P]; zero at what is not learnt; not a copy} */
    public INDArray gradient() {
        return gradient;
    }

    /**
     * One forward pass.
     *
     * @param elsewhere other parameters, [1,P]
     * @return z at these, for each output [rows,C]
     */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    public List<INDArray> outputs(INDArray elsewhere) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            probe.forward(elsewhere, batch);
            return probe.heads().stream().map(HeadProbe::z).toList();
        }
    }

    /**
     * J^T q by DL4J's own backward pass: one forward and one backward pass.
     *
     * @param q for each output [rows,C]; not modified
     * @return the sum over the batch, [1,P]; zero at what is not learnt
     */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    public INDArray pullBack(List<INDArray> q) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return withoutOffset(probe.backward(parameters, batch, q));
        }
    }

    /**
     * B v, row by row.
     *
     * @param v for each output [rows,C]; not modified
     * @return for each output [rows,C]
     */
    public List<INDArray> factor(List<INDArray> v) {
        return map(v, HeadHessian::factor);
    }

    /**
     * B^T q, row by row.
     *
     * @param q for each output [rows,C]; not modified
     * @return for each output [rows,C]
     */
    public List<INDArray> factorTransposed(List<INDArray> q) {
        return map(q, HeadHessian::factorTransposed);
    }

    private List<INDArray> map(List<INDArray> rows, BiFunction<HeadHessian, INDArray, INDArray> product) {
        List<INDArray> products = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            products.add(product.apply(hessians.get(i), rows.get(i)));
        }
        return products;
    }
}
