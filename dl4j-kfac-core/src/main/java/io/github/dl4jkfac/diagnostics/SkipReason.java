package io.github.dl4jkfac.diagnostics;

/** Why a batch, or its step alone, was left out; first the reasons of batches. */
public enum SkipReason {
    /** The data has NaN or infinite values. */
    DATA_NOT_FINITE(
            "its features or labels hold NaN or infinite values",
            "Look for missing values, and for divisions by zero where the data is normalised"),
    /** The data is finite, but so large that gradients or their squares overflow. */
    DATA_TOO_LARGE(
            "its features or labels are so large that the gradient or the statistics are not finite",
            "Look for outliers, and normalise features and labels"),
    /** The parameters were not finite before the batch came. */
    PARAMETERS_NOT_FINITE(
            "the parameters of the network are not finite, and were so before this batch",
            "Go back to a checkpoint from before; if the training diverged, lower the learning rate or raise the damping"),
    /** Data and parameters are finite, but the network makes of them what is not. */
    DIVERGING(
            "data and parameters are finite, but activations, derivatives or their squares are not",
            "The training is likely to diverge: lower the learning rate or klClip, or raise the damping; "
                    + "also look at the initial weights and whether the loss suits the labels"),
    /** No derivative has reached some layer, and the method makes its step of the derivatives of this very batch. */
    NO_DERIVATIVES(
            "no derivative has reached some layer that the method needs it of",
            "Look for layers that are cut off from the loss"),
    /** The matrix of this very batch is zero, and no absolute damping is added to it: it says nothing of where to step. */
    ZERO_DERIVATIVES(
            "no sample of the batch moves any parameter",
            "Look for masks that leave no sample in, for units that are dead, and for weights of the loss that are zero"),
    /** The matrix of this very batch cannot be inverted, so there is no step. */
    NOT_INVERTIBLE("the curvature matrix of the batch cannot be inverted", "Raise the damping"),
    /** The preconditioned gradient is not finite. */
    STEP_NOT_FINITE(
            "the preconditioned gradient is not finite: the gradient overflowed, or an inverse is damaged",
            "Raise the damping, or lower the learning rate"),
    /** The step would lead uphill. */
    UPHILL("the step would have raised the loss to first order", "Raise the damping if this happens often"),
    /** No share of the step has lowered the loss. */
    LINE_SEARCH(
            "the line search has found no share of the step that lowers the loss",
            "Raise the damping or lower the learning rate if this happens often"),
    /** The step is finite, but the update or the parameters behind it would not be. */
    UPDATE_NOT_FINITE(
            "the update, or the parameters that it would lead to, are not finite",
            "Look at the learning rate and its schedule, and at the size of the parameters");

    private final String cause;
    private final String remedy;

    SkipReason(String cause, String remedy) {
        this.cause = cause;
        this.remedy = remedy;
    }

    /** {@return what happened, as the end of a sentence about the batch} */
    public String cause() {
        return cause;
    }

    /**
     * {@return whether the batch has left no trace at all, bit for bit} If not its step alone was left out: the parameters of this
     * library's updaters stay, but the batch may be in the statistics, and other updaters of the network have taken their step.
     */
    public boolean isWholeBatch() {
        return compareTo(NOT_INVERTIBLE) <= 0;
    }

    /** {@return what to do about it, a sentence without its full stop} */
    public String remedy() {
        return remedy;
    }
}
