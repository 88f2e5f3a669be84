package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.JoinedStep;
import io.github.dl4jkfac.session.PartShare;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/** Tells each owner its share of what has been found. */
final class ShareTask extends StepTask<Tuple2<Integer, ShareTask.Share>> {

    private static final long serialVersionUID = 1L;

    private final int owners;

    ShareTask(Broadcast<SharedNetwork> network, Broadcast<StepData> step, Roles roles, int owners) {
        super(network, step, roles);
        this.owners = owners;
    }

    /**
     * One owner's share of what has been found in one partition.
     *
     * @param partition its number
     * @param message as {@link PartMessage} writes it
     */
    record Share(int partition, byte[] message) implements Serializable {}

    /** The batch itself, if the driver wants to look at it, takes the way over one of the owners. */
    @Override
    Iterator<Tuple2<Integer, Share>> tell(int partition, PartMessage found, JoinedStep copy) {
        List<PartShare> cuts = copy.shareParts(copy.shareCurvature(owners));
        List<Tuple2<Integer, Share>> shares = new ArrayList<>();
        for (int owner = 0; owner < owners; owner++) {
            PartMessage own = new PartMessage(
                    cuts.get(owner).of(found.part()), partition % owners == owner ? found.batch() : null);
            shares.add(new Tuple2<>(owner, new Share(partition, own.bytes(copy.layout()))));
        }
        return shares.iterator();
    }
}
