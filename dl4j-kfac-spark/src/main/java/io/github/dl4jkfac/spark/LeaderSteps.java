package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.session.JoinedStep;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.api.Model;

/** The steps of a network with copies of it on executors, which are made anew where the network has got other layers or another updater. */
final class LeaderSteps {

    private final JavaSparkContext spark;
    private final Reduction reduction;
    private JoinedStep step;
    private StepExchange exchange;

    LeaderSteps(JavaSparkContext spark, Reduction reduction) {
        this.spark = spark;
        this.reduction = reduction;
    }

    /**
     * Takes a step.
     *
     * @param leader the network, of which everything may have changed since the last step
     * @param round which step of the epoch it is
     * @throws IllegalArgumentException if the updater makes each step of the rows of the very batch
     */
    void step(Model leader, JavaRDD<Shard> shards, Roles roles, int round) {
        if (step == null || step.leader() != leader || !step.isCurrent()) {
            share(leader, roles);
        }
        exchange.step(shards, round);
    }

    private void share(Model leader, Roles roles) {
        close();
        if (KFacListener.isNeededBy(leader)) {
            KFacListener.attach(leader);
        }
        step = new JoinedStep(leader);
        step.requireParts();
        Copies copies = Copies.of(spark, step, roles);
        exchange = reduction == Reduction.SHUFFLE ? new ShuffleExchange(copies) : new DriverExchange(copies);
    }

    /** Brings all that lasts into the network's updater state; there is nothing to bring where no step has been taken. */
    void gather() {
        if (exchange != null) {
            exchange.gather();
        }
    }

    /** Frees what the executors hold. */
    void close() {
        if (exchange != null) {
            exchange.close();
            exchange = null;
            step = null;
        }
    }
}
