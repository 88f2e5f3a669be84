package io.github.dl4jkfac.control;

/**
 * The quadratic model of the objective for steps d = alpha U + mu m that are subtracted from the parameters (Martens and Grosse 2015, sec.
 * 6.4 and 7):
 *
 * <pre>M(alpha, mu) = h - (alpha &lt;U,V&gt; + mu &lt;m,V&gt;) + d^T G d / 2</pre>
 *
 * @param slope &lt;U,V&gt;, positive
 * @param lastSlope &lt;m,V&gt;
 * @param curvature U^T G U, positive
 * @param mixed U^T G m
 * @param lastCurvature m^T G m; zero where there is no momentum
 */
record QuadraticModel(double slope, double lastSlope, double curvature, double mixed, double lastCurvature) {

    /** What is left of the determinant where U and m point in the same direction, in units of its first term. */
    private static final double LEAST_DETERMINANT = 1e-6;

    /** alpha that minimises the model for a given mu. */
    double bestRate(double mu) {
        return (slope - mu * mixed) / curvature;
    }

    /** mu of the minimum over both; zero where U and m point in the same direction. */
    double bestMomentum() {
        double whole = curvature * lastCurvature;
        double determinant = whole - mixed * mixed;
        return determinant > LEAST_DETERMINANT * whole ? (curvature * lastSlope - mixed * slope) / determinant : 0;
    }

    /** d^T G d. */
    double squaredLength(double alpha, double mu) {
        return alpha * alpha * curvature + 2 * alpha * mu * mixed + mu * mu * lastCurvature;
    }

    /** How much the model falls: M(0, 0) - M(alpha, mu). */
    double decrease(double alpha, double mu) {
        return alpha * slope + mu * lastSlope - squaredLength(alpha, mu) / 2;
    }

    /** The model of the same step where U bends the objective no less than a given curvature. */
    QuadraticModel withCurvatureOfAtLeast(double least) {
        return withCurvature(Math.max(curvature, least));
    }

    /** The model of the same step where U^T G U has a given value. */
    QuadraticModel withCurvature(double other) {
        return new QuadraticModel(slope, lastSlope, other, mixed, lastCurvature);
    }
}
