/** Deeplearning4j's passes without what they compute twice, or for nobody. Works with every updater, and knows nothing of curvature. */
package io.github.dl4jkfac.lean;
