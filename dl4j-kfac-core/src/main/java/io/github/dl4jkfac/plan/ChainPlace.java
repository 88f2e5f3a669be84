package io.github.dl4jkfac.plan;

import io.github.dl4jkfac.curvature.BlockShape;

/**
 * A layer's place in a chain of dense layers that share a curvature.
 *
 * @param chain the same for all layers of a chain and for no others
 * @param next the matrix of the next layer's parameters; null for the last
 */
public record ChainPlace(String chain, BlockShape next) {}
