package io.github.dl4jkfac.step;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjDoubleConsumer;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A step that has been computed and not yet taken: of each layer with curvature the gradient V, the preconditioned gradient U, the
 * momentum m, which is the last step in units of the learning rate, and the learning rate alpha. Layers may have rates of their own, so
 * U and m stand here for what moves the parameters at the largest of them, {@link #rate}: those of a layer with a smaller rate are
 * shorter in proportion.
 */
public final class StepProposal {

    private final List<Layer> layers = new ArrayList<>();
    private double rate;
    private double scale = 1;

    /** A layer's share of the step. */
    private static final class Layer {

        private final CurvatureShare share;
        private final double rate;
        private double slope;
        private double lastSlope;

        Layer(CurvatureShare share, double rate) {
            this.share = share;
            this.rate = rate;
        }
    }

    /**
     * Adds a layer, before anything else is done.
     *
     * @param share with curvature
     * @param own its alpha
     */
    void add(CurvatureShare share, double own) {
        layers.add(new Layer(share, own));
        rate = Math.max(rate, own);
    }

    /**
     * Takes in what preconditioning has made of a matrix.
     *
     * @param matrix its update is U
     * @param v its V
     * @param withMomentum whether the product with the momentum will be asked for
     */
    void take(ParameterMatrix matrix, INDArray v, boolean withMomentum) {
        for (Layer layer : layers) {
            if (layer.share.worker() == matrix.worker()) {
                layer.slope += matrix.dot(v);
                layer.lastSlope += withMomentum ? matrix.dotMomentum(v) : 0;
            }
        }
    }

    /** @param newScale nu, the share of U that the bound of the step leaves */
    void scaleTo(double newScale) {
        scale = newScale;
    }

    private double sum(ToDoubleFunction<Layer> term) {
        return layers.stream().mapToDouble(term).sum();
    }

    /** Sum of alpha^2 &lt;U,V&gt;, the squared length of alpha U in the metric of the damped curvature. */
    double wholeSquaredLength() {
        return sum(layer -> layer.rate * layer.rate * layer.slope);
    }

    /** {@return &lt;d,V&gt; of d = alpha nu U, how much the objective falls to first order} */
    public double descent() {
        return scale * sum(layer -> layer.rate * layer.slope);
    }

    /** {@return d^T F_d d of d = alpha nu U, its squared length in the metric of the damped curvature} */
    public double squaredLength() {
        return scale * scale * wholeSquaredLength();
    }

    /** {@return the largest learning rate of all layers} */
    public double rate() {
        return rate;
    }

    /** {@return &lt;U,V&gt;} */
    public double slope() {
        return sum(layer -> layer.rate / rate * layer.slope);
    }

    /** {@return &lt;m,V&gt;; zero unless the controller chooses the length of steps} */
    public double lastSlope() {
        return sum(layer -> layer.rate / rate * layer.lastSlope);
    }

    /** Writes d = alpha nu U, which would be subtracted from the parameters, in place of V into DL4J's gradient views. */
    public void writeStep() {
        each((share, own) -> share.propose(scale * own));
    }

    /** Writes U in place of V into DL4J's gradient views of all parameters with curvature. */
    public void writeUpdate() {
        each((share, own) -> share.propose(own / rate));
    }

    /** Writes m in place of V into DL4J's gradient views of all parameters with curvature. */
    public void writeMomentum() {
        each((share, own) -> share.proposeMomentum(own / rate));
    }

    private void each(ObjDoubleConsumer<CurvatureShare> work) {
        layers.forEach(layer -> work.accept(layer.share, layer.rate));
    }

    /**
     * Shortens U of each layer below the outputs whose parameters would move too far.
     *
     * @param factor of U
     * @param most how long factor U may be, in units of the length of the layer's parameters; such as are zero have no bound
     * @return whether any layer's U has become shorter
     */
    public boolean limit(double factor, double most) {
        boolean any = false;
        for (Layer layer : layers) {
            if (layer.share.isOutput()) {
                continue; // its outputs are linear in its parameters, so that no step is too long for a model of the
                // loss
            }
            double length = factor * layer.rate / rate * layer.share.lengthOfUpdate();
            double bound = most * layer.share.parameters().norm2Number().doubleValue();
            if (bound > 0 && length > bound) {
                layer.share.shorten(bound / length);
                layer.slope *= bound / length;
                any = true;
            }
        }
        return any;
    }
}
