package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.BatchPart;
import io.github.dl4jkfac.session.JoinedStep;
import io.github.dl4jkfac.session.PartPass.Moment;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Goes through one shard's batches of a step, on an executor. What comes out depends on the step, the shard and its number alone, so a task that is
 * run again tells the same, bit for bit, on processors of the same kind.
 *
 * @param <T> what it tells
 */
abstract class StepTask<T> implements Function2<Integer, Iterator<Shard>, Iterator<T>> {

    private static final long serialVersionUID = 1L;

    private final Broadcast<SharedNetwork> network;
    private final Broadcast<StepData> step;
    private final Roles roles;

    /** @param roles of the shards, and what they go through in a step */
    StepTask(Broadcast<SharedNetwork> network, Broadcast<StepData> step, Roles roles) {
        this.network = network;
        this.step = step;
        this.roles = roles;
    }

    @Override
    public Iterator<T> call(Integer partition, Iterator<Shard> shards) {
        StepData data = step.value();
        boolean isStatistician = roles.isStatistician(partition, data.moment().epoch());
        Moment moment = isStatistician || !roles.areSeparate()
                ? data.moment()
                : data.moment().withoutStatistics();
        List<MultiDataSet> own =
                shards.hasNext() ? shards.next().ofStep(data.round(), roles.batchesPerStep()) : List.of();
        if (own.isEmpty() || isStatistician && !moment.withStatistics()) {
            return Collections.emptyIterator();
        }
        ExecutorNetworks.Copy copy = ExecutorNetworks.take(network.value());
        StepData.read(data.parameters(), copy.pass().parameters());
        if (data.state() != null) {
            StepData.read(data.state(), copy.state());
        }
        BatchPart part = copy.pass().run(own, moment, partition * roles.batchesPerStep());
        PartMessage found = isStatistician
                ? new PartMessage(part.statisticsAlone(), null)
                : new PartMessage(part, moment.withBatch() ? Shard.whole(own) : null);
        Iterator<T> told = tell(partition, found, copy.step());
        ExecutorNetworks.giveBack(copy);
        return told;
    }

    /** Puts into words what has been found in a partition; the arrays are not valid any more afterwards. */
    abstract Iterator<T> tell(int partition, PartMessage found, JoinedStep copy);
}
