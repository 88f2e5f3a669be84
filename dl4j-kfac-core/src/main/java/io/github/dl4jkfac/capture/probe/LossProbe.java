package io.github.dl4jkfac.capture.probe;

import io.github.dl4jkfac.capture.NamedLayer;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.WrappedLayers;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * The objective of a network as a function of its parameters. It works on a copy, in float64 unless asked otherwise, so the network itself is never touched, nor
 * its batch normalisation's running statistics; it draws no random numbers, and disturbs no stream of them.
 *
 * <p>The copy computes as in training, without what is random there: dropout, noise, and random slopes are off, and batch
 * normalisation uses the statistics of the batch. Truncated back-propagation is off: what a sequence's earlier segments have left in
 * recurrent layers is not there.
 *
 * <p>Not for several threads at once. Memory: the parameters twice, in the type in which it computes, and what DL4J needs for a forward pass.
 */
public final class LossProbe {

    private final NetworkCopy copy;
    private final List<HeadProbe> heads;
    private final List<Term> terms = new ArrayList<>();
    private final boolean isMiniBatch;

    /** Something that DL4J adds to the gradient of an array of parameters. */
    private record Term(Regularization regularization, INDArray parameters) {}

    private LossProbe(NetworkCopy copy, NetworkView view) {
        this.copy = copy;
        this.heads = view.heads().stream().map(HeadProbe::new).toList();
        this.isMiniBatch = view.isMiniBatch();
        for (NamedLayer named : view.layers()) {
            Randomness.takeOutOf(named.layer());
            WrappedLayers.of(named.layer()).forEach(this::takeTermsOf);
        }
    }

    private void takeTermsOf(Layer part) {
        part.paramTable(false).forEach((name, array) -> {
            List<Regularization> own = part.conf().getLayer().getRegularizationByParam(name);
            if (own != null) {
                own.stream()
                        .filter(term -> term.applyStep() == Regularization.ApplyStep.BEFORE_UPDATER)
                        .forEach(term -> terms.add(new Term(term, array)));
            }
        });
        if (part instanceof BaseLayer<?> layer) {
            layer.layerConf().setRegularization(List.of());
            layer.layerConf().setRegularizationBias(List.of());
        }
    }

    /**
     * Copies a network.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph; not modified
     * @return the probe
     */
    public static LossProbe of(Model model) {
        return of(model, DataType.DOUBLE);
    }

    /**
     * Copies a network.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph; not modified
     * @param type in which the copy computes
     * @return the probe
     */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    public static LossProbe of(Model model, DataType type) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            NetworkCopy copy = NetworkCopy.of(model, type);
            return new LossProbe(copy, NetworkView.of(copy.model()));
        }
    }

    private void setParameters(INDArray parameters) {
        if (parameters.dataType() == copy.model().params().dataType()) {
            copy.model().setParams(parameters.reshape(1, parameters.length()));
        } else {
            try (INDArray own = Doubles.copy(parameters, copy.model().params().dataType())) {
                copy.model().setParams(own.reshape(1, parameters.length()));
            }
        }
    }

    /**
     * Evaluates the objective whose gradient DL4J's updaters get: the loss of all outputs, L1 and L2.
     *
     * @param parameters flat, any shape of the network's length in any floating type; not modified
     * @param batch features, labels and masks in the probe's type; not modified
     * @param iteration DL4J's iteration count, for coefficients by schedule
     * @param epoch DL4J's epoch count
     * @return a mean over the batch; with {@code miniBatch(false)}, where DL4J's objective is a sum, divided by the batch size
     */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    public double loss(INDArray parameters, MultiDataSet batch, int iteration, int epoch) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            setParameters(parameters);
            double sum = terms.stream()
                    .mapToDouble(term -> term.regularization.score(term.parameters, iteration, epoch))
                    .sum();
            double loss = forward(batch);
            return isMiniBatch
                    ? loss + sum
                    : (loss + sum) / batch.getFeatures(0).size(0);
        }
    }

    private double forward(MultiDataSet batch) {
        heads.forEach(head -> head.start(null));
        try {
            double score = copy.forward(batch);
            double rest = heads.stream()
                    .filter(HeadProbe::isDistribution)
                    .mapToDouble(head -> head.hessian().beyondLoss())
                    .sum();
            return rest == 0
                    ? score
                    : score + (isMiniBatch ? rest / batch.getFeatures(0).size(0) : rest);
        } finally {
            heads.forEach(HeadProbe::stop);
        }
    }

    /** The pre-activations of the last evaluation, for each output [rows,C]; the caller's. */
    List<INDArray> outputs() {
        return heads.stream().map(HeadProbe::z).toList();
    }

    /** The Hessians of the losses in the pre-activations of the last evaluation. */
    List<HeadHessian> hessians() {
        return heads.stream().map(HeadProbe::hessian).toList();
    }

    /**
     * x^T R y, where R is the Hessian of the L2 terms: a diagonal matrix.
     *
     * @param x flat, in the probe's type
     * @param y likewise
     * @param samples in the batch, by which DL4J's objective is divided if it is a sum
     */
    double curvatureOfTerms(INDArray x, INDArray y, long samples, int iteration, int epoch) {
        double sum = 0;
        for (Term term : terms) {
            if (term.regularization instanceof L2Regularization l2) {
                long start = term.parameters.offset() - copy.model().params().offset();
                INDArrayIndex own = NDArrayIndex.interval(start, start + term.parameters.length());
                INDArray flatX = x.reshape(x.length()).get(own);
                INDArray flatY = y.reshape(y.length()).get(own);
                sum += l2.getL2().valueAt(iteration, epoch)
                        * Nd4j.getBlasWrapper().dot(flatX, flatY);
            }
        }
        return isMiniBatch ? sum : sum / samples;
    }
}
