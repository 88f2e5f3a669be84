/**
 * Blocks in the eigenvectors of the Kronecker factors, with second moments of their own (EKFAC).
 *
 * <p>This package is internal: it may change without notice.
 */
package io.github.dl4jkfac.curvature.eigen;
