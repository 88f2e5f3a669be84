package io.github.dl4jkfac.control;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.step.StepProposal;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Parts of a proposal as vectors in the space of all parameters of the network; zero where there is no curvature. */
final class FlatDirections {

    private final Model model;
    private final NetworkView network;
    private final List<ParamState> parameters;
    private final DataType type;

    /**
     * @param parameters those that have curvature
     * @param type of the vectors
     */
    FlatDirections(Model model, NetworkView network, List<ParamState> parameters, DataType type) {
        this.type = type;
        this.model = model;
        this.network = network;
        this.parameters = List.copyOf(parameters);
    }

    /** U, [1,P], a new array. DL4J's gradient is overwritten. */
    INDArray update(StepProposal proposal) {
        INDArray flat = zeros();
        update(proposal, flat);
        return flat;
    }

    /** As {@link #update(StepProposal)}, into an array that was made by that. */
    void update(StepProposal proposal, INDArray into) {
        proposal.writeUpdate();
        copyGradient(into);
    }

    /** The momentum, [1,P], a new array. DL4J's gradient is overwritten. */
    INDArray momentum(StepProposal proposal) {
        proposal.writeMomentum();
        return gradient();
    }

    /** d of the proposal, [1,P], a new array. DL4J's gradient is overwritten. */
    INDArray step(StepProposal proposal) {
        proposal.writeStep();
        return gradient();
    }

    private INDArray gradient() {
        INDArray flat = zeros();
        copyGradient(flat);
        return flat;
    }

    private INDArray zeros() {
        return Nd4j.zeros(type, 1, model.numParams());
    }

    private void copyGradient(INDArray into) {
        INDArray flat = network.gradient().reshape(1, model.numParams());
        for (ParamState parameter : parameters) {
            long start = parameter.getParamView().offset() - model.params().offset();
            INDArrayIndex own = NDArrayIndex.interval(
                    start, start + parameter.getParamView().length());
            into.get(NDArrayIndex.all(), own).assign(flat.get(NDArrayIndex.all(), own));
        }
    }
}
