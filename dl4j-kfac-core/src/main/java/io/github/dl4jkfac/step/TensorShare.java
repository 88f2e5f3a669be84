package io.github.dl4jkfac.step;

import io.github.dl4jkfac.step.StepController.Coefficients;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The share of an updater block whose parameters have no curvature but {@link FisherAdamRule}'s diagonal, tensor by tensor. */
public final class TensorShare implements UpdaterShare {

    /**
     * A parameter array in its updater block.
     *
     * @param start where it begins in the block's flat gradient
     * @param length number of its entries
     */
    public record Tensor(long start, long length) {}

    /** Flat views of all that belongs to one tensor. */
    private record Views(INDArray gradient, INDArray parameters, INDArray momentum, INDArray fisher, INDArray work) {}

    private final FisherAdamWorker worker;
    private final INDArray gradient;
    private final INDArray parameters;
    private final List<Views> tensors = new ArrayList<>();

    /**
     * Creates the share, with memory for the largest tensor.
     *
     * @param worker the worker that DL4J calls
     * @param gradient DL4J's flat view of the block's gradient; each step overwrites it with the update
     * @param parameters DL4J's flat view of the block's parameters; only read
     * @param tensors what the two consist of
     */
    public TensorShare(FisherAdamWorker worker, INDArray gradient, INDArray parameters, List<Tensor> tensors) {
        this.worker = worker;
        this.gradient = gradient;
        this.parameters = parameters;
        INDArray momentum = worker.state().momentum(gradient.length());
        INDArray fisher = worker.state().fisher(gradient.length());
        long largest = tensors.stream().mapToLong(Tensor::length).max().orElseThrow();
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            INDArray work = Nd4j.createUninitialized(gradient.dataType(), largest);
            for (Tensor tensor : tensors) {
                this.tensors.add(new Views(
                        part(gradient, tensor),
                        part(parameters, tensor),
                        part(momentum, tensor),
                        part(fisher, tensor),
                        work.get(NDArrayIndex.interval(0, tensor.length()))));
            }
        }
    }

    private static INDArray part(INDArray flat, Tensor tensor) {
        return flat.get(NDArrayIndex.interval(tensor.start(), tensor.start() + tensor.length()));
    }

    @Override
    public FisherAdamWorker worker() {
        return worker;
    }

    @Override
    public INDArray gradient() {
        return gradient;
    }

    @Override
    public INDArray parameters() {
        return parameters;
    }

    @Override
    public List<INDArray> averages() {
        return List.of(
                worker.state().momentum(gradient.length()), worker.state().fisher(gradient.length()));
    }

    /** Does nothing: the step looks at the gradient only when DL4J, having added L1 and L2, asks for it. */
    @Override
    public Regulariser regulariser() {
        return (rate, iteration, epoch) -> {};
    }

    @Override
    public void write(double gradientScale, double klScale, Coefficients coefficients, double rate) {
        if (gradientScale != 1) {
            gradient.muli(gradientScale);
        }
        long step = worker.steps() + 1;
        for (Views tensor : tensors) {
            worker.rule().apply(tensor.gradient, tensor.parameters, tensor.momentum, tensor.fisher, step, tensor.work);
        }
        gradient.muli(rate);
    }
}
