package io.github.dl4jkfac.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * What one partition trains on, batch by batch, in an order that stays.
 *
 * @param batches of one worker
 */
record Shard(List<MultiDataSet> batches) implements Serializable {

    /** Those that a step goes through; none if there are no more. */
    List<MultiDataSet> ofStep(int round, int batchesPerStep) {
        int first = Math.min(round * batchesPerStep, batches.size());
        return batches.subList(first, Math.min(first + batchesPerStep, batches.size()));
    }

    /** Several batches as one; null if there are none. */
    static MultiDataSet whole(List<MultiDataSet> batches) {
        return switch (batches.size()) {
            case 0 -> null;
            case 1 -> batches.get(0);
            default -> org.nd4j.linalg.dataset.MultiDataSet.merge(batches);
        };
    }

    /**
     * Joins what a partition holds into batches.
     *
     * @param data the partition's
     * @param least examples in a batch, but for the last one; 0 takes each element for a batch
     */
    static Shard of(Iterator<MultiDataSet> data, int least) {
        List<MultiDataSet> batches = new ArrayList<>();
        List<MultiDataSet> waiting = new ArrayList<>();
        long examples = 0;
        while (data.hasNext()) {
            MultiDataSet next = data.next();
            waiting.add(next);
            examples += next.getFeatures(0).size(0);
            if (examples >= least || !data.hasNext()) {
                batches.add(
                        waiting.size() == 1 ? next : org.nd4j.linalg.dataset.MultiDataSet.merge(List.copyOf(waiting)));
                waiting.clear();
                examples = 0;
            }
        }
        return new Shard(batches);
    }
}
