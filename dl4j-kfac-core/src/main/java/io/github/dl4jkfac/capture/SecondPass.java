package io.github.dl4jkfac.capture;

import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A backward pass over the stored forward pass, with derivatives that the outputs are told, in the current workspace or none. The
 * network's view leads it from layer to layer. It leaves the gradient alone.
 */
final class SecondPass {

    private final NetworkView network;
    private final OutputSignal signal;
    private final PassMemory memory = PassMemory.inCurrentWorkspace();

    /** @param signal what the outputs send */
    SecondPass(NetworkView network, OutputSignal signal) {
        this.network = network;
        this.signal = signal;
    }

    /** What the outputs send. */
    OutputSignal signal() {
        return signal;
    }

    /** Where arrays live. */
    PassMemory memory() {
        return memory;
    }

    /**
     * Goes through one layer: by its slot if that can, or else by DL4J's own backward pass, to which the slots listen.
     *
     * @param epsilon derivatives at its output; null for an output layer
     * @param further whether those at its input are wanted
     * @return derivatives at its input; null or anything unless wanted
     */
    INDArray through(Layer layer, INDArray epsilon, boolean further) {
        List<LayerSlot> slots = network.slotsOf(layer);
        for (LayerSlot slot : slots) {
            if (slot.passesByItself()) {
                return slot.backward(epsilon, further, this);
            }
        }
        OutputHead head = network.headOf(layer);
        if (head != null) {
            if (head.hasOneRowPerSample() && head.layer().numParams() == 0) {
                return head.secondDerivative(signal);
            }
            head.send(signal);
        }
        slots.forEach(slot -> slot.output(epsilon));
        return PassThrough.backward(layer, epsilon, memory);
    }

    /**
     * Goes through a preprocessor between two layers.
     *
     * @param preProcessor null if there is none
     * @param epsilon derivatives at its output
     * @return derivatives at its input
     */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    INDArray through(InputPreProcessor preProcessor, INDArray epsilon) {
        if (preProcessor == null) {
            return epsilon;
        }
        try (PassMemory.Scope working = memory.open()) {
            INDArray passed = preProcessor.backprop(epsilon, network.batchSize(), memory.manager());
            return memory.manager().leverageTo(ArrayType.ACTIVATION_GRAD, passed);
        }
    }
}
