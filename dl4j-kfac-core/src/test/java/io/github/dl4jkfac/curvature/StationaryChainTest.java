package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.curvature.ChainMath.Moments;
import org.nd4j.linalg.api.ndarray.INDArray;

class StationaryChainTest extends ChainContract {

    @Override
    BlockType type() {
        return ChainBlock.STATIONARY;
    }

    @Override
    INDArray sumOverSteps(TestBlock block, Moments a, Moments g) {
        return ChainMath.longSequences(a, g);
    }
}
