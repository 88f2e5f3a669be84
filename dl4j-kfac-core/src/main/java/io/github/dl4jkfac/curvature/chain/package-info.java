/** Blocks that take neighbours as correlated: the time steps of a recurrent layer, or one layer and the next. */
package io.github.dl4jkfac.curvature.chain;
