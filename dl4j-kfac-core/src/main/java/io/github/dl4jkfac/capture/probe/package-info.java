/** A copy of a network in float64 as a function of its parameters: its loss, its outputs, and products with their derivatives. */
package io.github.dl4jkfac.capture.probe;
