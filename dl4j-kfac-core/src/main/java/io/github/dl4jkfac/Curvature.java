package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;
import java.util.Arrays;

/**
 * Which matrix the Kronecker factors estimate. All are means over the batch; they differ in the derivatives <i>g</i> at the
 * pre-activations from which the factor <i>G</i> is built. The factor <i>A</i> of the layer inputs is the same for all.
 * Where an output's loss does not allow the one chosen, the empirical Fisher serves instead, with a warning.
 *
 * <p>The first three are the same matrix, known ever better at ever higher cost: the Fisher information matrix, which is the generalised
 * Gauss-Newton matrix where the loss is a log-likelihood in its natural parameters (softmax or sigmoid with cross-entropy, squared error;
 * Martens 2020). They need a loss that is a negative log-likelihood: softmax with MCXENT or negative log-likelihood, sigmoid with XENT,
 * MSE, L2, Poisson, L1, MAE. With one pass each, {@link #SAMPLED_FISHER} and {@link #RANDOM_SIGN_FISHER} are the ones for training;
 * {@link #EXACT_FISHER} is for few outputs, small batches, and as a yardstick.
 */
public enum Curvature {

    /**
     * The Fisher information matrix, with targets drawn from the model's own predictive distribution (Martens and Grosse 2015,
     * sec. 5). Unbiased; costs a second backward pass on every step that refreshes the statistics.
     */
    SAMPLED_FISHER(DerivativeSource.MODEL_TARGETS),

    /**
     * The Fisher information matrix, with <i>g</i> back-propagated from B v: B B^T is the Hessian of the loss in the pre-activations of
     * the outputs, v a vector of independent random signs (Martens, Sutskever and Swersky 2012). Unbiased and of the same cost as
     * {@link #SAMPLED_FISHER}. It varies less from batch to batch for a squared error and for a classifier that is sure of its
     * answers, where a draw would be a rare class with a large derivative now and then, and about as much for one that is not.
     */
    RANDOM_SIGN_FISHER(DerivativeSource.RANDOM_SIGNS),

    /**
     * The Fisher information matrix without sampling error, with <i>g</i> back-propagated from every column of B in turn (Martens 2020;
     * Botev, Ritter and Barber 2017). Costs one backward pass for each unit of each output on every step that refreshes the statistics,
     * and the memory of as many copies of all layers' derivatives: for ten classes rather than for a thousand outputs.
     *
     * <p>Where a sample has several rows at the output, as sequences and images have, and where batch normalisation couples the
     * samples, each row of a column gets a random sign: exact in expectation then, with the sampling error of the products between
     * positions only.
     */
    EXACT_FISHER(DerivativeSource.EXACT),

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

    /** The curvature that is made of derivatives from a source. */
    static Curvature of(DerivativeSource source) {
        return Arrays.stream(values())
                .filter(curvature -> curvature.source == source)
                .findFirst()
                .orElseThrow();
    }
}
