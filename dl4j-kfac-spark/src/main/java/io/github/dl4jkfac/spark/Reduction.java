package io.github.dl4jkfac.spark;

/** How what the executors have found of their parts of a batch comes together. */
public enum Reduction {
    /**
     * All of it goes to the driver, which adds it up, keeps the curvature, computes the inverses and preconditions. Right for small networks on a few
     * executors: into the driver goes, from each partition at each step, as much as the network has parameters and its statistics have numbers.
     */
    DRIVER,
    /**
     * The partitions' owners add it up, each a share of it, brought to them by Spark's shuffle. They keep the curvature of their blocks in an RDD, compute the
     * inverses, and precondition. At each step as much as the network has parameters goes into the driver twice, however many partitions there are.
     */
    SHUFFLE
}
