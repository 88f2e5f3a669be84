package io.github.dl4jkfac;

/**
 * What an updater of this library does with a layer's parameters.
 *
 * @param layer the layer's name in its network, followed by a colon and the names of the parameters where the block does not cover all
 * @param block the type of the curvature block; "fallback" if the fallback updater serves the parameters, "none" if nobody does, and
 *     the updater's name if it needs no curvature
 * @param inputDimension dA, the rows of the parameter matrix, the bias among them; 0 without a block
 * @param outputs dG, its columns; 0 without a block
 * @param bytes of the updater state that hold the curvature, without the momentum; 0 without a block
 * @param refreshFlops floating-point operations of a refresh of the inverses or eigenvectors, to first order; 0 without a block
 * @param reason why there is no block; null if there is one
 */
public record BlockSummary(
        String layer, String block, long inputDimension, long outputs, long bytes, double refreshFlops, String reason) {

    static BlockSummary without(String layer, String instead, String reason) {
        return new BlockSummary(layer, instead, 0, 0, 0, 0, reason);
    }
}
