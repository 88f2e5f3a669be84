package io.github.dl4jkfac.diagnostics;

import io.github.dl4jkfac.capture.probe.Linearisation;
import io.github.dl4jkfac.capture.probe.OutputJacobian;
import io.github.dl4jkfac.capture.probe.OutputProbe;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.util.ComputationGraphUtil;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The exact Fisher matrix F of one mini-batch at fixed parameters, as an operator on vectors in the space of parameters:
 *
 * <pre>F = (1/N) sum_n J_n^T H_n J_n,  J_n = dz_n/dtheta,  H_n = B_n B_n^T = Hessian of the loss L_n in the outputs' pre-activations z_n</pre>
 *
 * <p>This is the generalised Gauss-Newton matrix, and equals the Fisher matrix of the model's predictive distribution (Martens 2020);
 * for L1 and MAE, whose Hessian is zero, it is the Fisher matrix. No block of it is left out and no label is sampled. It is never
 * formed: a product with J takes two forward passes, by central differences in float64 (relative error about 1e-9), and one with
 * J^T takes DL4J's own backward pass (Martens and Grosse 2015, app. C).
 *
 * <p>All is computed on a copy of the network in float64, which is made once; the network itself is not modified. The copy works as in
 * training, without what is random there: no dropout, no noise. Batch normalisation uses the statistics of the batch, and the
 * derivatives pass through these, as they do in DL4J's gradient. Entries that are not learnt (frozen layers, batch normalisation's
 * running statistics) are zero in all results and ignored in all arguments.
 *
 * <p>Vectors are in the order of {@link Model#params()}: arguments of any shape with P elements in any floating type; results [1,P]
 * in float64, new arrays. Immutable; objects that were made from each other share the copy of the network, so only one of them may be
 * at work at a time. Memory: about ten vectors of P numbers in float64 while a product is computed, and what DL4J needs for its passes.
 */
public final class FisherProducts {

    private final OutputProbe probe;
    private final Linearisation point;
    private final OutputJacobian jacobian;

    private FisherProducts(OutputProbe probe, Linearisation point) {
        this.probe = probe;
        this.point = point;
        this.jacobian = new OutputJacobian(probe, point);
    }

    /**
     * The Fisher matrix at a network's present parameters.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph; not modified
     * @param batch the mini-batch; not modified
     * @return its Fisher matrix
     * @throws IllegalArgumentException if the loss of an output is no negative log-likelihood of a predictive distribution
     */
    public static FisherProducts of(Model model, DataSet batch) {
        return of(model, ComputationGraphUtil.toMultiDataSet(batch));
    }

    /**
     * The Fisher matrix at a network's present parameters.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph; not modified
     * @param batch the mini-batch; not modified
     * @return its Fisher matrix
     * @throws IllegalArgumentException if the loss of an output is no negative log-likelihood of a predictive distribution
     */
    public static FisherProducts of(Model model, MultiDataSet batch) {
        return at(OutputProbe.of(model), model.params(), batch);
    }

    static FisherProducts at(OutputProbe probe, INDArray parameters, MultiDataSet batch) {
        return new FisherProducts(probe, probe.at(parameters, batch));
    }

    /**
     * The Fisher matrix of another mini-batch, at the same parameters.
     *
     * @param batch the mini-batch; not modified
     * @return its Fisher matrix
     */
    public FisherProducts on(DataSet batch) {
        return on(ComputationGraphUtil.toMultiDataSet(batch));
    }

    /**
     * The Fisher matrix of another mini-batch, at the same parameters.
     *
     * @param batch the mini-batch; not modified
     * @return its Fisher matrix
     */
    public FisherProducts on(MultiDataSet batch) {
        return at(probe, point.parameters(), batch);
    }

    /**
     * The Fisher matrix of the same mini-batch, elsewhere.
     *
     * @param parameters of the whole network; not modified
     * @return the Fisher matrix there
     * @throws IllegalArgumentException if the length is not P
     */
    public FisherProducts at(INDArray parameters) {
        return at(probe, parameters, point.batch());
    }

    /** {@return P, the number of parameters} */
    public long parameters() {
        return point.parameters().length();
    }

    /** {@return N, the number of samples in the mini-batch} */
    public long samples() {
        return point.samples();
    }

    /** {@return the loss at the true labels, a mean over the batch, without L1 and L2} */
    public double loss() {
        return point.loss();
    }

    /** {@return the gradient of {@link #loss()}, [1,P], a mean over the batch} */
    public INDArray gradient() {
        return point.gradient().dup();
    }

    /**
     * F v. Three forward passes and one backward pass.
     *
     * @param v a vector; not modified
     * @return F v, [1,P]
     * @throws IllegalArgumentException if the length is not P
     */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    public INDArray multiply(INDArray v) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            INDArray sum = point.pullBack(point.factor(point.factorTransposed(jacobian.times(v))));
            return sum.divi(samples());
        }
    }

    /**
     * v^T F w = (1/N) sum_n (B_n^T J_n v) . (B_n^T J_n w). Four forward passes.
     *
     * @param v a vector; not modified
     * @param w a vector; not modified
     * @return v^T F w
     * @throws IllegalArgumentException if a length is not P
     */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    public double product(INDArray v, INDArray w) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return inner(point.factorTransposed(jacobian.times(v)), point.factorTransposed(jacobian.times(w)));
        }
    }

    /**
     * v^T F v. Two forward passes.
     *
     * @param v a vector; not modified
     * @return v^T F v, never negative
     * @throws IllegalArgumentException if the length is not P
     */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    public double square(INDArray v) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            List<INDArray> rows = point.factorTransposed(jacobian.times(v));
            return inner(rows, rows);
        }
    }

    private double inner(List<INDArray> x, List<INDArray> y) {
        double sum = 0;
        for (int i = 0; i < x.size(); i++) {
            sum += x.get(i).mul(y.get(i)).sumNumber().doubleValue();
        }
        return sum / samples();
    }

    /** A vector without what is not learnt, [1,P] in float64, a new array. */
    INDArray learned(INDArray vector) {
        return probe.learned(vector);
    }
}
