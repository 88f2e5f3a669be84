package io.github.dl4jkfac.curvature.kronecker;

/**
 * Factored Tikhonov damping of three factors (as Martens and Grosse 2015, sec. 6.3, of two): M_i + s_i I instead of
 * M_1 x M_2 x M_3 + lambda I, with shifts in proportion to the mean diagonals and s_1 s_2 s_3 = lambda.
 *
 * @param onRows shift of K
 * @param onColumns shift of Psi
 * @param onOutputs shift of G
 */
record ThreefoldDamping(double onRows, double onColumns, double onOutputs) {

    /**
     * @param lambda damping of the whole block
     * @param rows tr K / p
     * @param columns tr Psi / q
     * @param outputs tr G / dG
     */
    static ThreefoldDamping of(double lambda, double rows, double columns, double outputs) {
        double share = Math.cbrt(lambda / (rows * columns * outputs));
        if (!(share >= 0) || Double.isInfinite(share)) {
            // A zero trace (a dead layer) leaves the shares undefined; equal ones are as good as any then.
            double equal = Math.cbrt(lambda);
            return new ThreefoldDamping(equal, equal, equal);
        }
        return new ThreefoldDamping(share * rows, share * columns, share * outputs);
    }
}
