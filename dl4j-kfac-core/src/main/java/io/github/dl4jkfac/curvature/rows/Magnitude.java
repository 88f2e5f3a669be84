package io.github.dl4jkfac.curvature.rows;

import org.nd4j.linalg.api.buffer.DataType;

/**
 * How large the numbers of one batch's rows are. Sums of absolute values bound every entry, every second moment and every entry of a
 * sample's gradient, so they tell in advance whether statistics can overflow; they come with the test for NaN, which needs them anyway.
 *
 * @param inputs sum of the absolute values of the layer's inputs; 0 where there are none
 * @param derivatives the same of the derivatives, or of the samples' gradients
 * @param rows how many rows there are
 */
public record Magnitude(double inputs, double derivatives, double rows) {

    /** Orders of magnitude between the bound and the largest number of the type. */
    private static final double MARGIN = 6;

    /** {@return whether all numbers are finite, and their sum too} */
    public boolean isFinite() {
        return Double.isFinite(inputs) && Double.isFinite(derivatives);
    }

    /**
     * Tells whether statistics made of the rows are certain to be finite: second moments of inputs and derivatives, those of the samples'
     * gradients, and products of two moments of the inputs. If not, they may still be so.
     *
     * @param type in which they are computed
     * @return false if products may overflow, or if some number is not finite
     */
    public boolean fits(DataType type) {
        double most = Math.log10(type == DataType.DOUBLE ? Double.MAX_VALUE : Float.MAX_VALUE) - MARGIN;
        double a = Math.log10(Math.max(1, inputs));
        double g = Math.log10(Math.max(1, derivatives));
        return 4 * a - Math.log10(Math.max(1, rows)) < most && 2 * (a + g) < most;
    }
}
