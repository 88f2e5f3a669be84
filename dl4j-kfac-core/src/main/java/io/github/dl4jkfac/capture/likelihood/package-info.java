/**
 * Losses as predictive distributions: targets drawn from them, roots of their Hessians, and the derivatives of activations.
 *
 * <p>This package is internal: it may change without notice.
 */
package io.github.dl4jkfac.capture.likelihood;
