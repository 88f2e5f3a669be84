/** From rows to curvature blocks: Kronecker factors as moving averages, their damping, and what they do to a gradient. */
package io.github.dl4jkfac.curvature;
