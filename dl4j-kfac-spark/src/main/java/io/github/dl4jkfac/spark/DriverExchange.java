package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.BatchPart;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.broadcast.Broadcast;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** The driver adds up what all partitions have found, in their order. */
final class DriverExchange implements StepExchange {

    private final Copies copies;

    DriverExchange(Copies copies) {
        this.copies = copies;
    }

    @Override
    public void step(JavaRDD<Shard> shards, int round) {
        Broadcast<StepData> data = copies.announce(round);
        List<byte[]> messages;
        try {
            messages = shards.mapPartitionsWithIndex(new PartTask(copies.network(), data, copies.roles()), true)
                    .collect();
        } finally {
            data.destroy();
        }
        List<BatchPart> parts = new ArrayList<>();
        List<MultiDataSet> batches = new ArrayList<>();
        for (byte[] bytes : messages) {
            PartMessage message = PartMessage.of(bytes, copies.shared().layout());
            parts.add(message.part());
            if (message.batch() != null) {
                batches.add(message.batch());
            }
        }
        copies.step().take(parts, Shard.whole(batches));
        parts.stream()
                .filter(BatchPart::hasGradient)
                .forEach(part -> part.gradient().close());
    }

    @Override
    public void gather() {
        // all is in the network's updater state
    }

    @Override
    public void close() {
        copies.network().destroy();
    }
}
