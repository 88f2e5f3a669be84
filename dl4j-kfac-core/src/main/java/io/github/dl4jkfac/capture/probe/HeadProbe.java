package io.github.dl4jkfac.capture.probe;

import io.github.dl4jkfac.capture.OutputHead;
import io.github.dl4jkfac.capture.OutputRecording;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Asks one output for its pre-activations, and lets derivatives of one's own go back in place of its loss's. */
final class HeadProbe implements OutputRecording {

    private final OutputHead head;
    private boolean active;
    private INDArray replacement;
    private INDArray z;
    private INDArray labels;
    private INDArray mask;
    private double loss;

    HeadProbe(OutputHead head) {
        this.head = head;
    }

    /** @param derivatives dL/dz [rows,C] that are to go back; null for the loss's own, at the true labels */
    void start(INDArray derivatives) {
        active = true;
        replacement = derivatives;
        head.tap(this);
    }

    void stop() {
        active = false;
        head.untap(this);
    }

    /** The pre-activations of the last pass, [rows,C]. */
    INDArray z() {
        return z;
    }

    /** The loss of the last pass, a sum over the batch. */
    double loss() {
        return loss;
    }

    /** Whether the loss is that of a distribution, so that there is {@link #hessian}. */
    boolean isDistribution() {
        return head.distribution() != null;
    }

    /** H at the last pass's pre-activations, and at its labels. */
    HeadHessian hessian() {
        return new HeadHessian(head.distribution(), z, labels, mask);
    }

    @Override
    public boolean isActive() {
        return active;
    }

    @Override
    public INDArray secondDerivative(INDArray trueLabels, INDArray preOutput, INDArray labelMask) {
        return replacement == null ? null : replacement.dup();
    }

    @Override
    public void labels(INDArray trueLabels, INDArray labelMask) {
        labels = copy(trueLabels);
        mask = labelMask == null ? null : copy(labelMask);
    }

    @Override
    public void preActivation(INDArray preOutput) {
        z = copy(preOutput);
    }

    @Override
    public void derivative(INDArray delta) {
        // goes back as it is
    }

    @Override
    public void scored(INDArray trueLabels, INDArray preOutput, INDArray labelMask) {
        labels(trueLabels, labelMask);
        z = copy(preOutput);
    }

    @Override
    public void score(double sum) {
        loss = sum;
    }

    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    private static INDArray copy(INDArray array) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return array.dup();
        }
    }
}
