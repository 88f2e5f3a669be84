/**
 * Natural-gradient steps in the space of a batch's samples: with J [N,P], whose rows are the gradients of single samples, all that has
 * to be inverted is the Gram matrix J J^T [N,N]. J itself is never written out; it acts layer by layer, through the same rows that
 * {@code curvature} makes blocks of.
 *
 * <p>This package is internal: it may change without notice.
 */
package io.github.dl4jkfac.samplespace;
