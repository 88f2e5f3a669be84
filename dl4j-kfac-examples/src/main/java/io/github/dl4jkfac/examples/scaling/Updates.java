package io.github.dl4jkfac.examples.scaling;

import java.util.Map;

/**
 * How many updates an optimizer takes to a loss, by the size of its batches B: S (1 + B0 / B), as of McCandlish and others (2018, "An Empirical Model of Large-Batch Training"). S updates
 * would do without any noise, and at B0 examples a batch's noise costs as many again.
 *
 * @param least S
 * @param noise S B0
 */
public record Updates(double least, double noise) {

    /**
     * Fits the two numbers to what was measured, so that the squares of the relative errors are least.
     *
     * @param measured updates by examples in a batch, two of them at least
     * @return the fit; neither number is negative
     */
    public static Updates of(Map<Integer, Double> measured) {
        double ones = 0;
        double mixed = 0;
        double squares = 0;
        double right = 0;
        double rightMixed = 0;
        for (Map.Entry<Integer, Double> point : measured.entrySet()) {
            double weight = 1 / point.getValue();
            double x = weight / point.getKey();
            ones += weight * weight;
            mixed += weight * x;
            squares += x * x;
            right += weight;
            rightMixed += x;
        }
        double noise = (ones * rightMixed - mixed * right) / (ones * squares - mixed * mixed);
        if (!(noise > 0)) {
            return new Updates(right / ones, 0);
        }
        double least = (right - mixed * noise) / ones;
        return least > 0 ? new Updates(least, noise) : new Updates(0, rightMixed / squares);
    }

    /** {@return the updates with batches of so many examples} */
    public double at(double batch) {
        return least + noise / batch;
    }
}
