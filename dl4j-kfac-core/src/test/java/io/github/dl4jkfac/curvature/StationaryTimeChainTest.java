package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.curvature.TimeChainMath.Moments;
import org.nd4j.linalg.api.ndarray.INDArray;

class StationaryTimeChainTest extends TimeChainContract {

    @Override
    SingleKind type() {
        return TimeChainBlock.STATIONARY;
    }

    @Override
    INDArray sumOverSteps(TestBlock block, Moments a, Moments g) {
        return TimeChainMath.longSequences(a, g);
    }
}
