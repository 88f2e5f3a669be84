package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.BatchPart;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Goes through one shard's batch of a step, on an executor. What comes out depends on the step, the shard and its number alone, so a task that is
 * run again tells the same, bit for bit, on processors of the same kind.
 */
final class PartTask implements Function2<Integer, Iterator<Shard>, Iterator<byte[]>> {

    private static final long serialVersionUID = 1L;

    private final Broadcast<SharedNetwork> network;
    private final Broadcast<StepData> step;

    PartTask(Broadcast<SharedNetwork> network, Broadcast<StepData> step) {
        this.network = network;
        this.step = step;
    }

    @Override
    public Iterator<byte[]> call(Integer partition, Iterator<Shard> shards) {
        List<MultiDataSet> batches = shards.hasNext() ? shards.next().batches() : List.of();
        StepData data = step.value();
        if (data.round() >= batches.size()) {
            return Collections.emptyIterator();
        }
        MultiDataSet batch = batches.get(data.round());
        ExecutorNetworks.Copy copy = ExecutorNetworks.take(network.value());
        StepData.read(data.parameters(), copy.pass().parameters());
        if (data.state() != null) {
            StepData.read(data.state(), copy.state());
        }
        BatchPart part = copy.pass().run(batch, data.moment(), partition);
        byte[] bytes = new PartMessage(part, data.moment().withBatch() ? batch : null)
                .bytes(copy.step().layout());
        ExecutorNetworks.giveBack(copy);
        return List.of(bytes).iterator();
    }
}
