package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.BatchPart;
import io.github.dl4jkfac.spark.ExecutorOwners.Owner;
import io.github.dl4jkfac.spark.ShareTask.Share;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/** An owner adds up its shares of all parts of a batch, in the order of their partitions, in which they do not come. */
final class JoinTask implements Function2<Integer, Iterator<Tuple2<Integer, Share>>, Iterator<OwnerSum>> {

    private static final long serialVersionUID = 1L;

    private final Broadcast<SharedNetwork> network;
    private final Broadcast<StepData> step;
    private final int owners;

    JoinTask(Broadcast<SharedNetwork> network, Broadcast<StepData> step, int owners) {
        this.network = network;
        this.step = step;
        this.owners = owners;
    }

    @Override
    public Iterator<OwnerSum> call(Integer number, Iterator<Tuple2<Integer, Share>> told) {
        List<Share> shares = new ArrayList<>();
        told.forEachRemaining(pair -> shares.add(pair._2()));
        shares.sort(Comparator.comparingInt(Share::partition));
        long layout = network.value().layout();
        List<BatchPart> parts = new ArrayList<>();
        List<OwnerSum.Batch> batches = new ArrayList<>();
        for (Share share : shares) {
            PartMessage message = PartMessage.of(share.message(), layout);
            parts.add(message.part());
            if (message.batch() != null) {
                batches.add(new OwnerSum.Batch(share.partition(), message.batch()));
            }
        }
        Owner owner = ExecutorOwners.of(network.value(), owners, number);
        BatchPart whole = owner.join(parts, step.value());
        OwnerSum sum = new OwnerSum(
                new PartMessage(whole.withStatistics(null), null).bytes(layout),
                whole.statistics() == null ? null : Bytes.of(whole.statistics()::write),
                batches);
        parts.stream()
                .filter(BatchPart::hasGradient)
                .forEach(part -> part.gradient().close());
        return List.of(sum).iterator();
    }
}
