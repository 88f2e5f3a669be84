/**
 * Blocks that keep the diagonals of the Kronecker factors only (AdaFisher).
 *
 * <p>This package is internal: it may change without notice.
 */
package io.github.dl4jkfac.curvature.diagonal;
