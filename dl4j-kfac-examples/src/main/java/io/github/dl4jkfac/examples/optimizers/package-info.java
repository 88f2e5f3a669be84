/** The optimizers that are compared: their names, their settings, and how to configure each. */
package io.github.dl4jkfac.examples.optimizers;
