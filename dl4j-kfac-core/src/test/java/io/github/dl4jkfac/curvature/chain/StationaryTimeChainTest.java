package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.TestBlock;
import io.github.dl4jkfac.curvature.chain.TimeChainMath.Moments;
import org.nd4j.linalg.api.ndarray.INDArray;

class StationaryTimeChainTest extends TimeChainContract {

    @Override
    protected SingleKind type() {
        return TimeChainBlock.STATIONARY;
    }

    @Override
    INDArray sumOverSteps(TestBlock block, Moments a, Moments g) {
        return TimeChainMath.longSequences(a, g);
    }
}
