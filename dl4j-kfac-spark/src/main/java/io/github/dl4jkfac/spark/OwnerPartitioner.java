package io.github.dl4jkfac.spark;

import org.apache.spark.Partitioner;

/** Brings what belongs to an owner, whose number is the key, into the partition of that number. */
final class OwnerPartitioner extends Partitioner {

    private static final long serialVersionUID = 1L;

    private final int owners;

    OwnerPartitioner(int owners) {
        this.owners = owners;
    }

    @Override
    public int numPartitions() {
        return owners;
    }

    @Override
    public int getPartition(Object key) {
        return (Integer) key;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof OwnerPartitioner same && same.owners == owners;
    }

    @Override
    public int hashCode() {
        return owners;
    }
}
