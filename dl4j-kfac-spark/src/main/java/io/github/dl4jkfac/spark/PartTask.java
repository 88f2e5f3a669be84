package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.BatchPart;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Goes through one shard's batches of a step, on an executor. What comes out depends on the step, the shard and its number alone, so a task that is
 * run again tells the same, bit for bit, on processors of the same kind.
 */
final class PartTask implements Function2<Integer, Iterator<Shard>, Iterator<byte[]>> {

    private static final long serialVersionUID = 1L;

    private final Broadcast<SharedNetwork> network;
    private final Broadcast<StepData> step;
    private final int batchesPerStep;

    /** @param batchesPerStep that each shard goes through in a step */
    PartTask(Broadcast<SharedNetwork> network, Broadcast<StepData> step, int batchesPerStep) {
        this.network = network;
        this.step = step;
        this.batchesPerStep = batchesPerStep;
    }

    @Override
    public Iterator<byte[]> call(Integer partition, Iterator<Shard> shards) {
        List<MultiDataSet> batches = shards.hasNext() ? shards.next().batches() : List.of();
        StepData data = step.value();
        int first = data.round() * batchesPerStep;
        if (first >= batches.size()) {
            return Collections.emptyIterator();
        }
        List<MultiDataSet> own = batches.subList(first, Math.min(first + batchesPerStep, batches.size()));
        ExecutorNetworks.Copy copy = ExecutorNetworks.take(network.value());
        StepData.read(data.parameters(), copy.pass().parameters());
        if (data.state() != null) {
            StepData.read(data.state(), copy.state());
        }
        BatchPart part = copy.pass().run(own, data.moment(), partition * batchesPerStep);
        byte[] bytes = new PartMessage(part, data.moment().withBatch() ? SparkKFac.whole(own) : null)
                .bytes(copy.step().layout());
        ExecutorNetworks.giveBack(copy);
        return List.of(bytes).iterator();
    }
}
