package io.github.dl4jkfac.spark;

import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.TaskContext;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The hyperbolic tangent, which fails in some tasks: each time in the first or second attempt. */
public final class FailingTanh extends ActivationTanH {

    private static final long serialVersionUID = 1L;

    private static final AtomicInteger LEFT = new AtomicInteger();

    static void failures(int number) {
        LEFT.set(number);
    }

    static int failuresLeft() {
        return LEFT.get();
    }

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
        boolean isAmongFirst = TaskContext.get() != null && TaskContext.get().attemptNumber() < 2;
        if (isAmongFirst && LEFT.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new IllegalStateException("a failure of the test's own");
        }
        return super.getActivation(in, training);
    }
}
