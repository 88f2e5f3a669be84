package io.github.dl4jkfac.plan;

import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.layers.ParameterGroup;

/**
 * Parameters that want a curvature block, and where they are.
 *
 * @param network the network
 * @param slot the layer
 * @param index which of the slot's groups
 * @param part which part of that group
 * @param group that part
 * @param chain the layer's place among dense layers that share a block-tridiagonal curvature; null if it has none
 */
public record BlockSite(
        NetworkView network, LayerSlot slot, int index, BlockPlan.Part part, ParameterGroup group, ChainPlace chain) {}
