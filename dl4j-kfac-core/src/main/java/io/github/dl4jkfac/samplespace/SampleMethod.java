package io.github.dl4jkfac.samplespace;

/** What is made of the gradients of single samples. J [N,P] has one in each row, s_n = |dL_n/dz_out|^2, and gradients are means. */
public enum SampleMethod {

    /**
     * (J^T J / N + lambda I)^-1 v for rows J that are not the loss's own: of sampled targets, or of the columns of a factor of the
     * loss's Hessian, which make the exact Gauss-Newton matrix. It takes the difference of v and what J accounts for, and so
     * cannot do with as little damping as the others: in single precision, and units of relative damping, 2e-6 for each sample.
     */
    FISHER,

    /** The same for rows whose mean is the gradient, where v = J^T 1 / N gives J^T (J J^T + N lambda I)^-1 1. */
    EMPIRICAL_FISHER,

    /** The improved empirical Fisher J^T (J J^T + N lambda I)^-1 s (Wu et al. 2024, eq. 8; N lambda is their lambda). */
    IMPROVED_EMPIRICAL_FISHER,

    /** J^T (J J^T + N lambda diag(s))^-1 s, which is (J^T diag(s)^-1 J / N + lambda I)^-1 J^T 1 / N. */
    IMPROVED_EMPIRICAL_FISHER_TIKHONOV;

    /** {@return whether it asks for s} */
    public boolean needsOutputNorms() {
        return this == IMPROVED_EMPIRICAL_FISHER || this == IMPROVED_EMPIRICAL_FISHER_TIKHONOV;
    }
}
