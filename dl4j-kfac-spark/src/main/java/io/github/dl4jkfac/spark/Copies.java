package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.JoinedStep;
import io.github.dl4jkfac.session.Leader;
import io.github.dl4jkfac.session.PartPass.Moment;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A network and its copies on executors.
 *
 * @param step of the network
 * @param shared what copies are made from
 * @param network the same, where executors find it
 * @param roles of the partitions
 */
record Copies(
        JavaSparkContext spark, JoinedStep step, SharedNetwork shared, Broadcast<SharedNetwork> network, Roles roles) {

    static Copies of(JavaSparkContext spark, JoinedStep step, Roles roles) {
        SharedNetwork shared = SharedNetwork.of(step.leader(), step.layout());
        return new Copies(spark, step, shared, spark.broadcast(shared), roles);
    }

    /** Tells the executors of the next step; listeners of the first one see a batch. */
    Broadcast<StepData> announce(int round) {
        Moment moment = new Leader(step.leader()).hasInput()
                ? step.moment()
                : step.moment().andBatch();
        INDArray state = moment.withStatistics() ? step.stateForCopies() : null;
        return spark.broadcast(StepData.of(moment, round, step.leader().params(), state));
    }
}
