package io.github.dl4jkfac.lean;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Derivatives of activation functions that follow from the function's value, and need no transcendental function then. */
enum OutputDerivative {
    /** 1. */
    IDENTITY {
        @Override
        void multiply(INDArray output, INDArray delta) {
            // nothing changes
        }
    },
    /** 1 - y^2. */
    TANH {
        @Override
        void multiply(INDArray output, INDArray delta) {
            delta.muli(output.muli(output).rsubi(1));
        }
    },
    /** y (1 - y). */
    SIGMOID {
        @Override
        void multiply(INDArray output, INDArray delta) {
            delta.muli(output);
            delta.muli(output.rsubi(1));
        }
    },
    /** 1 where y is positive. */
    RELU {
        @Override
        void multiply(INDArray output, INDArray delta) {
            delta.muli(output.gt(0).castTo(delta.dataType()));
        }
    };

    /**
     * Multiplies.
     *
     * @param output y, overwritten
     * @param delta multiplied by the derivative, element by element
     */
    abstract void multiply(INDArray output, INDArray delta);

    /** The derivative of a function; null if it is not known, of functions that somebody has put a tap on among others. */
    static OutputDerivative of(IActivation function) {
        if (function.getClass() == ActivationTanH.class) {
            return TANH;
        }
        if (function.getClass() == ActivationSigmoid.class) {
            return SIGMOID;
        }
        if (function.getClass() == ActivationIdentity.class) {
            return IDENTITY;
        }
        return function.getClass() == ActivationReLU.class && isPlain((ActivationReLU) function) ? RELU : null;
    }

    private static boolean isPlain(ActivationReLU function) {
        return zero(function.getMax()) && zero(function.getThreshold()) && zero(function.getNegativeSlope());
    }

    private static boolean zero(Double option) {
        return option == null || option == 0;
    }
}
