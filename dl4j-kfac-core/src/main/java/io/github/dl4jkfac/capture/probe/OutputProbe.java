package io.github.dl4jkfac.capture.probe;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.NamedLayer;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.OutputHead;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * A network as a function from parameters to the pre-activations z of its outputs, and its derivative. It works on a copy in float64,
 * so the network itself is never touched; it draws no random numbers, and disturbs no stream of them.
 *
 * <p>The copy computes as in training, without what is random there: dropout, noise, and random slopes are off, and batch
 * normalisation uses the statistics of the batch, through which derivatives pass as they do in DL4J's gradient. An output z of one
 * sample then depends on the other samples, too. Truncated back-propagation is off: sequences are passed whole.
 *
 * <p>Not for several threads at once. Memory: three times the parameters, in float64, and what DL4J needs for its passes.
 */
public final class OutputProbe {

    private final NetworkCopy copy;
    private final List<HeadProbe> heads;
    private final INDArray learned;
    private final boolean pullsTowardsCenters;

    private OutputProbe(NetworkCopy copy, NetworkView view) {
        this.copy = copy;
        this.heads = view.heads().stream().map(HeadProbe::new).toList();
        this.learned = learned(view, copy.model().numParams());
        this.pullsTowardsCenters = view.heads().stream().anyMatch(OutputHead::pullsTowardsCenters);
    }

    /**
     * Copies a network.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph; not modified
     * @return the probe
     * @throws IllegalArgumentException if the model is neither, or the loss of an output is no negative log-likelihood of a predictive
     *     distribution, so that there is no Fisher matrix
     */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    public static OutputProbe of(Model model) {
        requireFisher(NetworkView.of(model));
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            NetworkCopy copy = NetworkCopy.of(model, DataType.DOUBLE);
            NetworkView view = NetworkView.of(copy.model());
            view.layers().forEach(named -> Randomness.takeOutOf(named.layer()));
            return new OutputProbe(copy, view);
        }
    }

    private static void requireFisher(NetworkView view) {
        String obstacle = view.obstacleTo(DerivativeSource.MODEL_TARGETS);
        if (obstacle != null) {
            throw new IllegalArgumentException("The network has no Fisher matrix: " + obstacle);
        }
        for (NamedLayer named : view.layers()) {
            if (named.layer().conf().getLayer() instanceof CnnLossLayer loss && loss.getFormat() == CNN2DFormat.NHWC) {
                throw new IllegalArgumentException("CnnLossLayer '" + named.name()
                        + "': Deeplearning4j evaluates this layer's loss in the format NCHW only, not "
                        + loss.getFormat());
            }
        }
    }

    /** Ones where DL4J computes a gradient, zeros at frozen layers and at batch normalisation's running statistics; [1,P]. */
    private static INDArray learned(NetworkView view, long length) {
        INDArray learned = Nd4j.ones(DataType.DOUBLE, 1, length);
        for (NamedLayer named : view.layers()) {
            Map<String, INDArray> table = named.layer().paramTable();
            if (table == null) {
                continue;
            }
            table.forEach((name, array) -> {
                boolean own =
                        named.isReached() && !named.isFrozen() && named.layer().updaterDivideByMinibatch(name);
                if (!own && array.length() > 0) {
                    long start = array.offset();
                    learned.get(NDArrayIndex.all(), NDArrayIndex.interval(start, start + array.length()))
                            .assign(0);
                }
            });
        }
        return learned;
    }

    /**
     * Projects a vector in the space of parameters to those that are learnt: frozen layers, what lies below them, and batch
     * normalisation's running statistics become zero.
     *
     * @param vector flat, any shape of length P in any floating type; not modified
     * @return [1,P] in float64, a new array
     * @throws IllegalArgumentException if the length is not P
     */
    public INDArray learned(INDArray vector) {
        return flat(vector).muli(learned);
    }

    private INDArray flat(INDArray vector) {
        if (vector.length() != learned.length()) {
            throw new IllegalArgumentException("The network has " + learned.length()
                    + " parameters, but the vector has length " + vector.length());
        }
        return vector.castTo(DataType.DOUBLE).dup('c').reshape('c', 1, vector.length());
    }

    /**
     * Goes to a point.
     *
     * @param at flat, any shape of length P in any floating type; not modified
     * @param batch features, labels and masks in any type; not modified
     * @return the network at these parameters on this batch
     * @throws IllegalArgumentException if the length is not P
     */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    public Linearisation at(INDArray at, MultiDataSet batch) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return new Linearisation(this, flat(at), Doubles.of(batch));
        }
    }

    List<HeadProbe> heads() {
        return heads;
    }

    boolean pullsTowardsCenters() {
        return pullsTowardsCenters;
    }

    /** Forward pass; the heads know z then. */
    void forward(INDArray at, MultiDataSet batch) {
        copy.model().setParams(at);
        heads.forEach(head -> head.start(null));
        try {
            copy.forward(batch);
        } finally {
            heads.forEach(HeadProbe::stop);
        }
    }

    /**
     * Forward and backward pass.
     *
     * @param derivatives dL/dz for each head; null for the losses' own at the true labels
     * @return the gradient, a sum over the batch, [1,P]; a copy
     */
    INDArray backward(INDArray at, MultiDataSet batch, List<INDArray> derivatives) {
        copy.model().setParams(at);
        for (int i = 0; i < heads.size(); i++) {
            heads.get(i).start(derivatives == null ? null : derivatives.get(i));
        }
        try {
            copy.backward(batch);
        } finally {
            heads.forEach(HeadProbe::stop);
        }
        return learned(copy.model().getGradientsViewArray());
    }
}
