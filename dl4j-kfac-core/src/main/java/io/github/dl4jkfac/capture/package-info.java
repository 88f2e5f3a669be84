/**
 * What DL4J's forward and backward pass computes, recorded: layer inputs, derivatives at the pre-activations, and derivatives at
 * targets drawn from the model. Only this package and those below it know DL4J's layer classes.
 *
 * <p>This package is internal: it may change without notice.
 */
package io.github.dl4jkfac.capture;
