package io.github.dl4jkfac.session;

import io.github.dl4jkfac.step.FisherAdamWorker;
import io.github.dl4jkfac.step.TensorShare;
import io.github.dl4jkfac.step.TensorShare.Tensor;
import java.util.Comparator;
import java.util.List;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Finds the parameter arrays that DL4J has joined in one updater block. */
final class TensorPlaces {

    private TensorPlaces() {}

    /** @param parameters of the network, flat */
    static TensorShare share(UpdaterBlock block, FisherAdamWorker worker, INDArray parameters) {
        return new TensorShare(worker, block.getGradientView(), parametersOf(block, parameters), tensors(block));
    }

    /**
     * The parameters of an updater block, a view.
     *
     * @param all of the network, flat
     */
    static INDArray parametersOf(UpdaterBlock block, INDArray all) {
        return all.reshape(new long[] {all.length()})
                .get(NDArrayIndex.interval(block.getParamOffsetStart(), block.getParamOffsetEnd()));
    }

    /**
     * Where the arrays lie in memory, which for depthwise and separable convolutions is not the order of DL4J's table; where that
     * cuts an updater block elsewhere (their biases have an updater of their own), the block does not hold whole arrays and is taken
     * as DL4J takes it.
     */
    private static List<Tensor> tensors(UpdaterBlock block) {
        List<ParamState> states = block.getLayersAndVariablesInBlock();
        long start = states.get(0).getParamView().offset();
        List<Tensor> inMemory = states.stream()
                .map(state -> state.getLayer().paramTable(false).get(state.getParamName()))
                .map(array -> new Tensor(array.offset() - start, array.length()))
                .sorted(Comparator.comparingLong(Tensor::start))
                .toList();
        long end = 0;
        for (Tensor tensor : inMemory) {
            if (tensor.start() != end) {
                return inTable(block);
            }
            end += tensor.length();
        }
        return inMemory;
    }

    private static List<Tensor> inTable(UpdaterBlock block) {
        return block.getLayersAndVariablesInBlock().stream()
                .map(state -> new Tensor(
                        state.getParamOffsetStart() - (long) block.getParamOffsetStart(),
                        state.getParamOffsetEnd() - (long) state.getParamOffsetStart()))
                .toList();
    }
}
