/**
 * Blocks that take neighbours as correlated: the time steps of a recurrent layer, or one layer and the next.
 *
 * <p>This package is internal: it may change without notice.
 */
package io.github.dl4jkfac.curvature.chain;
