package io.github.dl4jkfac.spark;

import org.apache.spark.api.java.JavaRDD;

/** Takes the steps of a network on batches whose parts are elsewhere. */
interface StepExchange {

    /**
     * Takes a step.
     *
     * @param shards the parts of all batches
     * @param round which step of the epoch it is
     */
    void step(JavaRDD<Shard> shards, int round);

    /** Brings all that lasts into the network's updater state, if it is elsewhere. */
    void gather();

    /** Frees what the executors hold. */
    void close();
}
