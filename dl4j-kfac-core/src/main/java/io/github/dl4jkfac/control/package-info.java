/**
 * How long a step is, and how much damping there is, judged on the batch itself.
 *
 * <p>This package is internal: it may change without notice.
 */
package io.github.dl4jkfac.control;
