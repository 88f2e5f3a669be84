package io.github.dl4jkfac.curvature.chain;

import static io.github.dl4jkfac.curvature.chain.TimeChainMath.allPairs;

import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.TestBlock;
import io.github.dl4jkfac.curvature.chain.TimeChainMath.Moments;
import org.nd4j.linalg.api.ndarray.INDArray;

class SymmetricTimeChainTest extends TimeChainContract {

    @Override
    protected SingleKind type() {
        return TimeChainBlock.SYMMETRIC;
    }

    /** Shares of the lengths follow from the second differences of the numbers of pairs. */
    @Override
    INDArray sumOverSteps(TestBlock block, Moments a, Moments g) {
        INDArray counts = block.state().get("lag_counts");
        INDArray sum = null;
        for (int length = 1; length <= 4; length++) {
            double share =
                    counts.getDouble(length - 1, 0) - 2 * counts.getDouble(length, 0) + counts.getDouble(length + 1, 0);
            INDArray part = allPairs(a.symmetrised(), g.symmetrised(), length).mul(share / counts.getDouble(0, 0));
            sum = sum == null ? part : sum.add(part);
        }
        return sum;
    }
}
