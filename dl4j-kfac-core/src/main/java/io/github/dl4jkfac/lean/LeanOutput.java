package io.github.dl4jkfac.lean;

import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.OutputLayer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An output layer whose score is made of the pre-activations of the backward pass before it, which Deeplearning4j computes anew. */
final class LeanOutput extends OutputLayer {

    private static final long serialVersionUID = 1L;

    private final transient Memory preActivations = new Memory();
    private final transient OutputLayer original;
    private transient boolean isInBackwardPass;

    /** @param original shares its parameters and gradients with this one */
    LeanOutput(OutputLayer original) {
        super(original.conf(), original.getDataType());
        this.original = original;
        Stands.in(this, original);
    }

    OutputLayer original() {
        return original;
    }

    @Override
    public void setInput(INDArray newInput, LayerWorkspaceMgr workspaces) {
        preActivations.forget();
        super.setInput(newInput, workspaces);
    }

    @Override
    public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
        isInBackwardPass = true;
        try {
            return super.backpropGradient(epsilon, workspaces);
        } finally {
            isInBackwardPass = false;
        }
    }

    @Override
    protected INDArray preOutput2d(boolean training, LayerWorkspaceMgr workspaces) {
        if (training && !isInBackwardPass && preActivations.isFilled()) {
            return preActivations.take();
        }
        INDArray computed = super.preOutput2d(training, workspaces);
        if (isInBackwardPass && layerConf().getWeightNoise() == null) {
            preActivations.keep(computed);
        }
        return computed;
    }
}
