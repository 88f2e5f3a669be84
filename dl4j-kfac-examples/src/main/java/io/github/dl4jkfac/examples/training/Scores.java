package io.github.dl4jkfac.examples.training;

/**
 * How good a network is on the fixed evaluation sets.
 *
 * @param trainLoss loss per example on training data
 * @param trainError error per example on training data
 * @param testLoss loss per example on test data
 * @param testError error per example on test data
 */
public record Scores(double trainLoss, double trainError, double testLoss, double testError) {

    /** @return share of the test examples that were classified rightly; of classification problems only */
    public double testAccuracy() {
        return 1 - testError;
    }

    /** @return whether nothing has overflowed */
    public boolean finite() {
        return Double.isFinite(trainLoss + trainError + testLoss + testError);
    }
}
