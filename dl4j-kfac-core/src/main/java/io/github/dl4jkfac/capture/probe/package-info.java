/**
 * A copy of a network in float64 as a function of its parameters: its loss, its outputs, and products with their derivatives.
 *
 * <p>This package is internal: it may change without notice.
 */
package io.github.dl4jkfac.capture.probe;
