package io.github.dl4jkfac.solve;

/** Says that a matrix could not be inverted or decomposed, and why. Solvers of other modules throw it as the library's own do. */
public final class FactorisationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What stopped the factorisation. */
    public enum Reason {
        /** A leading minor of the shifted matrix is not positive in working precision. */
        NOT_POSITIVE_DEFINITE,
        /** The matrix or the shift holds NaN or infinite values. */
        NON_FINITE,
        /** The matrix passed for positive definite, but its inverse overflows. */
        SINGULAR,
        /** The eigenvalue iteration did not converge. */
        NO_CONVERGENCE
    }

    /** What stopped the factorisation. */
    private final Reason reason;

    /** Order of the first leading minor that is not positive, or 0. */
    private final int leadingMinor;

    private FactorisationException(Reason reason, int leadingMinor, String message) {
        super(message);
        this.reason = reason;
        this.leadingMinor = leadingMinor;
    }

    /**
     * Says that Cholesky factorisation has stopped.
     *
     * @param order order of the matrix
     * @param shift what was added to its diagonal
     * @param leadingMinor order of the first leading minor that is not positive, counted from 1
     * @return the exception, to be thrown
     */
    public static FactorisationException notPositiveDefinite(int order, double shift, int leadingMinor) {
        return new FactorisationException(
                Reason.NOT_POSITIVE_DEFINITE,
                leadingMinor,
                "Matrix of order " + order + " with shift " + shift + " is not positive definite: leading minor "
                        + leadingMinor + " is not positive; a larger shift (damping) may help");
    }

    /**
     * Says that there is nothing to factorise.
     *
     * @param order order of the matrix
     * @param shift what was to be added to its diagonal
     * @return the exception, to be thrown
     */
    public static FactorisationException nonFinite(int order, double shift) {
        return new FactorisationException(
                Reason.NON_FINITE,
                0,
                "Matrix of order " + order + " with shift " + shift + " holds NaN or infinite values");
    }

    /**
     * Says that an inverse is not finite.
     *
     * @param order order of the matrix
     * @param shift what was added to its diagonal
     * @return the exception, to be thrown
     */
    public static FactorisationException singular(int order, double shift) {
        return new FactorisationException(
                Reason.SINGULAR,
                0,
                "Matrix of order " + order + " with shift " + shift
                        + " is singular in working precision: its inverse is not finite");
    }

    /**
     * Says that there are no eigenvalues.
     *
     * @param order order of the matrix
     * @param info what the routine returned, with LAPACK's meaning
     * @return the exception, to be thrown
     */
    public static FactorisationException noConvergence(int order, int info) {
        return new FactorisationException(
                Reason.NO_CONVERGENCE,
                0,
                "Eigenvalues of a matrix of order " + order + " did not converge: LAPACK info " + info);
    }

    /** {@return what stopped the factorisation} */
    public Reason reason() {
        return reason;
    }

    /**
     * {@return the order of the first leading minor that is not positive, counted from 1 as LAPACK
     * does, or 0 if the reason is another one}
     */
    public int leadingMinor() {
        return leadingMinor;
    }
}
