package io.github.dl4jkfac.capture;

import org.deeplearning4j.nn.conf.dropout.IDropout;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.annotation.JsonSerialize;

/**
 * Stands in for a layer's dropout during one backward pass. DL4J forgets the mask after its own backward pass; this keeps the
 * diagonal of the Jacobian, so that a second pass goes through the same mask. Serialises as the dropout it stands for.
 *
 * <p>Most layers drop their inputs in the forward pass, before this stands there. An output layer for sequences does so in its
 * backward pass, each time anew from inputs that are not dropped; there this keeps what the first pass has made of them.
 */
@JsonSerialize(using = TapSerializer.class)
final class DropoutTap implements IDropout, Tap {

    private static final long serialVersionUID = 1L;

    private final IDropout base;
    private final transient Thread thread = Thread.currentThread();
    private transient INDArray diagonal;
    private transient INDArray dropped;

    DropoutTap(IDropout base) {
        this.base = base;
    }

    @Override
    public IDropout base() {
        return base;
    }

    @Override
    public INDArray applyDropout(
            INDArray input, INDArray result, int iteration, int epoch, LayerWorkspaceMgr workspaceMgr) {
        if (Thread.currentThread() != thread) {
            return base.applyDropout(input, result, iteration, epoch, workspaceMgr);
        }
        if (dropped != null) {
            return dropped;
        }
        INDArray first = base.applyDropout(input, result, iteration, epoch, workspaceMgr);
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            dropped = first.dup();
        }
        return first;
    }

    @Override
    public INDArray backprop(INDArray gradAtOutput, INDArray gradAtInput, int iteration, int epoch) {
        if (Thread.currentThread() != thread) {
            return base.backprop(gradAtOutput, gradAtInput, iteration, epoch);
        }
        if (diagonal == null) {
            try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                INDArray ones = Nd4j.ones(gradAtOutput.dataType(), gradAtOutput.shape());
                diagonal = base.backprop(ones, ones, iteration, epoch);
            }
        }
        if (gradAtInput != gradAtOutput) {
            gradAtInput.assign(gradAtOutput);
        }
        return gradAtInput.muli(diagonal);
    }

    /** The Jacobian's diagonal, shaped like the layer's input; null before DL4J's backward pass. */
    INDArray diagonal() {
        return diagonal;
    }

    @Override
    public void clear() {
        base.clear();
    }

    @Override
    public IDropout clone() {
        return base.clone();
    }

    private Object writeReplace() {
        return base;
    }

    @Override
    public boolean equals(Object o) {
        return base.equals(o instanceof DropoutTap tap ? tap.base : o);
    }

    @Override
    public int hashCode() {
        return base.hashCode();
    }
}
