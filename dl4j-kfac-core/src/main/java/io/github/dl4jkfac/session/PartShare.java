package io.github.dl4jkfac.session;

import io.github.dl4jkfac.curvature.BatchStatistics;
import io.github.dl4jkfac.curvature.BlockSums;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * What one of several owners adds up of all parts of a batch: a range of the gradient, as long as everybody's, and the statistics of the blocks whose
 * curvature it keeps. The numbers of the parts as wholes, such as their scores, everybody adds up.
 */
public final class PartShare {

    private final long from;
    private final long to;
    private final Set<String> blocks;
    private final PartSums sums;
    private final Model model;

    /**
     * @param sums of whole parts
     * @param blocks whose statistics belong to the share
     * @param owner its number, from 0
     * @param model the network, or a copy with its parameters
     */
    PartShare(PartSums sums, Set<String> blocks, int owner, int owners, Model model) {
        long length = model.numParams();
        this.from = length * owner / owners;
        this.to = length * (owner + 1) / owners;
        this.blocks = blocks;
        this.sums = sums.within(from, to);
        this.model = model;
    }

    /**
     * Cuts this share out of a part.
     *
     * @param part a whole part
     * @return the share; its gradient is a view
     */
    public BatchPart of(BatchPart part) {
        BatchStatistics own = null;
        if (part.statistics() != null) {
            Map<String, BlockSums> kept = new LinkedHashMap<>(part.statistics().sums());
            kept.keySet().retainAll(blocks);
            own = new BatchStatistics(kept);
        }
        INDArray range = part.hasGradient()
                ? part.gradient().reshape(part.gradient().length()).get(NDArrayIndex.interval(from, to))
                : null;
        return part.with(range).withStatistics(own);
    }

    /**
     * Adds up this share of all parts.
     *
     * @param all shares of the parts, at least one of them with a gradient, in their order; the first one's gradient is overwritten
     * @return the sum
     */
    public BatchPart join(List<BatchPart> all) {
        List<BatchPart> shares = BatchPart.gradientsFirst(all);
        BatchPart whole = shares.get(0);
        for (BatchPart next : shares.subList(1, shares.size())) {
            whole = sums.add(whole, next, model);
        }
        return whole;
    }
}
