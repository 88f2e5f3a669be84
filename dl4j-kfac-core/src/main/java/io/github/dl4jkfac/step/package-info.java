/**
 * The step: preconditioning of DL4J's gradient in place, its size, momentum, and the clocks of statistics and inverses.
 *
 * <p>This package is internal: it may change without notice.
 */
package io.github.dl4jkfac.step;
