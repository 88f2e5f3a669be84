package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;

/**
 * Which matrix the Kronecker factors estimate. All are means over the batch; they differ in the derivatives <i>g</i> at the
 * pre-activations from which the factor <i>G</i> is built. The factor <i>A</i> of the layer inputs is the same for all.
 * Where an output's loss does not allow the one chosen, the empirical Fisher serves instead, with a warning.
 */
public enum Curvature {

    /**
     * The Fisher information matrix, with targets drawn from the model's own predictive distribution (Martens and Grosse 2015,
     * sec. 5). Unbiased; costs a second backward pass on every step that refreshes the statistics. Needs a loss that is a
     * negative log-likelihood: softmax with MCXENT or negative log-likelihood, sigmoid with XENT, MSE, L2, Poisson, L1, MAE.
     */
    SAMPLED_FISHER(DerivativeSource.MODEL_TARGETS),

    /**
     * The empirical Fisher: <i>g</i> at the true labels. No second pass and any loss, but not a curvature matrix in general
     * (Kunstner et al. 2019): it shrinks with the residuals.
     */
    EMPIRICAL_FISHER(DerivativeSource.TRUE_LABELS),

    /**
     * The improved empirical Fisher of Wu et al. (2024, eq. 43): <i>g</i> at the true labels, each sample divided by the squared
     * norm of its derivative at the output's pre-activations. No second pass and any loss.
     */
    IMPROVED_EMPIRICAL_FISHER(DerivativeSource.SCALED_TRUE_LABELS);

    private final DerivativeSource source;

    Curvature(DerivativeSource source) {
        this.source = source;
    }

    DerivativeSource source() {
        return source;
    }
}
