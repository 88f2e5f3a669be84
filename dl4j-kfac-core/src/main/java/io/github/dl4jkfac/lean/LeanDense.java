package io.github.dl4jkfac.lean;

import io.github.dl4jkfac.arrays.Reductions;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.feedforward.dense.DenseLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A dense layer whose backward pass has what the forward pass has computed, where Deeplearning4j computes the pre-activations anew; which takes the activation's derivative
 * from the function's value where it can; and which leaves out the gradient with respect to the network's input in a fit. Anything that is not a plain dense layer's is left to Deeplearning4j's own code.
 */
final class LeanDense extends DenseLayer {

    private static final long serialVersionUID = 1L;

    private final transient Memory preActivations = new Memory();
    private final transient Memory output = new Memory();
    private final transient boolean isFirst;
    private final transient DenseLayer original;

    /**
     * @param original shares its parameters and gradients with this one
     * @param isFirst whether nobody wants the gradient with respect to the layer's input, but for those who ask for that of the network's
     */
    LeanDense(DenseLayer original, boolean isFirst) {
        super(original.conf(), original.getDataType());
        this.original = original;
        this.isFirst = isFirst;
        Stands.in(this, original);
    }

    DenseLayer original() {
        return original;
    }

    @Override
    protected Pair<INDArray, INDArray> preOutputWithPreNorm(
            boolean training, boolean forBackprop, LayerWorkspaceMgr workspaces) {
        INDArray kept = forBackprop ? preActivations.take() : null;
        if (kept != null) {
            return new Pair<>(kept, null);
        }
        Pair<INDArray, INDArray> computed = super.preOutputWithPreNorm(training, forBackprop, workspaces);
        if (training && !forBackprop && hasPlainWeights()) {
            preActivations.keep(computed.getFirst());
        } else {
            preActivations.forget();
        }
        return computed;
    }

    @Override
    public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
        INDArray activations = super.activate(training, workspaces);
        if (training && hasPlainDerivative()) {
            output.keep(activations);
        } else {
            output.forget();
        }
        return activations;
    }

    /** Nothing changes the weights or the pre-activations on their way. */
    private boolean hasPlainWeights() {
        return !hasLayerNorm() && layerConf().getWeightNoise() == null;
    }

    private boolean hasPlainDerivative() {
        return hasPlainWeights()
                && maskArray == null
                && OutputDerivative.of(layerConf().getActivationFn()) != null;
    }

    @Override
    public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
        INDArray y = output.take();
        if (y == null || !hasPlainDerivative() || !y.equalShapes(epsilon)) {
            return super.backpropGradient(epsilon, workspaces);
        }
        preActivations.forget();
        INDArray delta = workspaces.dup(ArrayType.BP_WORKING_MEM, epsilon, 'f');
        OutputDerivative.of(layerConf().getActivationFn()).multiply(y, delta);
        return new Pair<>(gradient(delta), wantsInputGradient() ? inputGradient(delta, workspaces) : null);
    }

    private Gradient gradient(INDArray delta) {
        Gradient all = new DefaultGradient();
        INDArray ofWeights = gradientViews.get(DefaultParamInitializer.WEIGHT_KEY);
        Nd4j.gemm(input.castTo(ofWeights.dataType()), delta, ofWeights, true, false, 1, 0);
        all.gradientForVariable().put(DefaultParamInitializer.WEIGHT_KEY, ofWeights);
        if (hasBias()) {
            INDArray ofBias = gradientViews.get(DefaultParamInitializer.BIAS_KEY);
            ofBias.assign(Reductions.sum(delta, true, 0).reshape(ofBias.shape()));
            all.gradientForVariable().put(DefaultParamInitializer.BIAS_KEY, ofBias);
        }
        return all;
    }

    private INDArray inputGradient(INDArray delta, LayerWorkspaceMgr workspaces) {
        INDArray weights = getParam(DefaultParamInitializer.WEIGHT_KEY);
        INDArray transposed = workspaces.createUninitialized(
                ArrayType.ACTIVATION_GRAD, delta.dataType(), new long[] {weights.size(0), delta.size(0)}, 'f');
        return backpropDropOutIfPresent(
                weights.mmuli(delta.transpose(), transposed).transpose());
    }

    private boolean wantsInputGradient() {
        return !isFirst || !Fitting.isUnderWay();
    }
}
