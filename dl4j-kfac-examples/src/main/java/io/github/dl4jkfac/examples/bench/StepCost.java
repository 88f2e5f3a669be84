package io.github.dl4jkfac.examples.bench;

/**
 * What a step costs, in milliseconds, as a mean over some steps. Forward, backward, the phases of K-FAC from sampled
 * backward to preconditioning, and the rest add up to the wall-clock; capture is part of backward and rest.
 *
 * @param wall wall-clock
 * @param median of the steps' wall-clocks
 * @param slowest the largest of them
 * @param cpu processor time, all threads
 * @param forward forward pass up to the output layer
 * @param backward output layer, loss and backward pass, with K-FAC's capture of the derivatives
 * @param capture K-FAC's copies and checks of inputs and derivatives
 * @param sampledBackward K-FAC's second backward pass, with sampled targets
 * @param factors K-FAC's statistics
 * @param inverses K-FAC's inversions
 * @param preconditioning K-FAC's step from gradient to update
 */
public record StepCost(
        double wall,
        double median,
        double slowest,
        double cpu,
        double forward,
        double backward,
        double capture,
        double sampledBackward,
        double factors,
        double inverses,
        double preconditioning) {

    /** @return what is in none of the parts: the update of the parameters, checks, DL4J's own book-keeping */
    public double rest() {
        return wall - forward - backward - sampledBackward - factors - inverses - preconditioning;
    }
}
