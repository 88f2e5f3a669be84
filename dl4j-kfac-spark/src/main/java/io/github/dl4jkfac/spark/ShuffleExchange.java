package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.BatchPart;
import io.github.dl4jkfac.session.CurvatureOwners;
import io.github.dl4jkfac.session.OwnedCurvature;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Owners, one for each partition of the data, add up what all partitions have found, each a share of it; and keep the curvature, each a share of that, too.
 * A step is two jobs: the first goes through the batch and adds up; then the driver does with the gradient what Deeplearning4j does before it calls an
 * updater, such as clipping; the second changes the curvature and preconditions.
 */
final class ShuffleExchange implements StepExchange, CurvatureOwners {

    private final Copies copies;
    private final int owners;
    private final List<OwnedCurvature> curvature;
    private final OwnerStates states;

    private JavaRDD<OwnerSum> sums;
    private boolean basesAreOld;

    ShuffleExchange(Copies copies) {
        this.copies = copies;
        this.owners = (int)
                Math.min(copies.roles().partitions(), copies.step().leader().numParams());
        this.curvature = copies.step().shareCurvature(owners);
        this.states = copies.step().hasCurvature() ? new OwnerStates(copies, owners, curvature) : null;
        copies.step().keepCurvatureAt(this);
    }

    @Override
    public void step(JavaRDD<Shard> shards, int round) {
        if (basesAreOld
                && copies.step().moment().withStatistics()
                && copies.step().stateForCopies() != null) {
            gather();
        }
        Broadcast<StepData> data = copies.announce(round);
        sums = sums(shards, data).persist(StorageLevel.MEMORY_AND_DISK());
        try {
            List<BatchPart> heads = new ArrayList<>();
            List<OwnerSum.Batch> batches = new ArrayList<>();
            for (OwnerSum sum : sums.map(OwnerSum::withoutStatistics).collect()) {
                heads.add(PartMessage.of(sum.head(), copies.shared().layout()).part());
                batches.addAll(sum.batches());
            }
            batches.sort(Comparator.comparingInt(OwnerSum.Batch::partition));
            copies.step()
                    .takeShares(
                            heads,
                            Shard.whole(
                                    batches.stream().map(OwnerSum.Batch::data).toList()));
            heads.forEach(head -> head.gradient().close());
        } finally {
            sums.unpersist(false);
            if (states == null || !states.needs(sums)) {
                data.destroy();
            } else {
                states.keep(data);
            }
        }
    }

    private JavaRDD<OwnerSum> sums(JavaRDD<Shard> shards, Broadcast<StepData> data) {
        return JavaPairRDD.fromJavaRDD(shards.mapPartitionsWithIndex(
                        new ShareTask(copies.network(), data, copies.roles(), owners), true))
                .partitionBy(new OwnerPartitioner(owners))
                .mapPartitionsWithIndex(new JoinTask(copies.network(), data, owners), true);
    }

    @Override
    public void step(Order order, INDArray gradients, INDArray updates) {
        states.goOnFrom(order.version());
        if (order.fold()) {
            states.change(sums, order);
            basesAreOld = true;
        }
        Broadcast<byte[]> shared = copies.spark().broadcast(Bytes.of(gradients));
        List<PreconditionTask.Answer> answers;
        try {
            answers = states.present()
                    .map(new PreconditionTask(copies.network(), owners, shared))
                    .collect();
        } finally {
            shared.destroy();
        }
        if (answers.stream().anyMatch(answer -> answer.updates() == null)) {
            states.takeBack();
            updates.assign(Double.NaN);
            return;
        }
        for (PreconditionTask.Answer answer : answers) {
            Bytes.read(answer.updates(), in -> {
                curvature.get(answer.owner()).readUpdates(in, updates);
                return null;
            });
        }
        states.settle();
    }

    @Override
    public void gather() {
        if (states != null) {
            states.gather();
            basesAreOld = false;
        }
    }

    @Override
    public void close() {
        if (states != null) {
            states.close();
        }
        copies.network().destroy();
    }
}
