/** What one batch says about one matrix of parameters: rows of inputs and derivatives, handed out piece by piece. */
package io.github.dl4jkfac.curvature.rows;
