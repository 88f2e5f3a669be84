/**
 * Blocks whose inverse is that of a Kronecker product A x G, and its variants: reduced, depthwise, doubly factored, unit by unit.
 *
 * <p>This package is internal: it may change without notice.
 */
package io.github.dl4jkfac.curvature.kronecker;
