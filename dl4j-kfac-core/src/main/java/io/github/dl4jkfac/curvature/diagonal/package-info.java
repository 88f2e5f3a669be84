/** Blocks that keep the diagonals of the Kronecker factors only (AdaFisher). */
package io.github.dl4jkfac.curvature.diagonal;
