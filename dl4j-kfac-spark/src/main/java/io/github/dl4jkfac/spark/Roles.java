package io.github.dl4jkfac.spark;

import java.io.Serializable;
import java.util.List;

/**
 * Who does what of a step. Some partitions may be there for the statistics alone (Ba, Grosse, Martens 2017, sec. 4): their batches do not enter the gradient, and the others' do not enter the
 * statistics. From one epoch to the next the roles go round, so that all data enter the gradient.
 *
 * @param partitions of the data
 * @param statisticians how many of them are there for the statistics alone; 0 if all do both
 * @param batchesPerStep that each partition goes through in a step
 */
record Roles(int partitions, int statisticians, int batchesPerStep) implements Serializable {

    boolean areSeparate() {
        return statisticians > 0;
    }

    boolean isStatistician(int partition, int epoch) {
        return Math.floorMod(partition + (long) epoch * statisticians, partitions) >= partitions - statisticians;
    }

    /**
     * How many steps an epoch has: as long as there are gradients.
     *
     * @param batches of each partition
     */
    int rounds(List<Integer> batches, int epoch) {
        int most = 0;
        for (int partition = 0; partition < batches.size(); partition++) {
            if (!isStatistician(partition, epoch)) {
                most = Math.max(most, batches.get(partition));
            }
        }
        return (most + batchesPerStep - 1) / batchesPerStep;
    }
}
