/** Losses as predictive distributions: targets drawn from them, roots of their Hessians, and the derivatives of activations. */
package io.github.dl4jkfac.capture.likelihood;
