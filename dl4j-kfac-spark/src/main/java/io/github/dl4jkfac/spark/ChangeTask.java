package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.CurvatureOwners.Order;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction2;
import org.apache.spark.broadcast.Broadcast;

/** An owner folds a batch into its curvature, and renews its inverses where that is ordered. */
final class ChangeTask implements FlatMapFunction2<Iterator<OwnerState>, Iterator<OwnerSum>, OwnerState> {

    private static final long serialVersionUID = 1L;

    private final Broadcast<SharedNetwork> network;
    private final int owners;
    private final Order order;
    private final long serial;

    ChangeTask(Broadcast<SharedNetwork> network, int owners, Order order, long serial) {
        this.network = network;
        this.owners = owners;
        this.order = order;
        this.serial = serial;
    }

    @Override
    public Iterator<OwnerState> call(Iterator<OwnerState> states, Iterator<OwnerSum> sums) {
        OwnerState before = states.next();
        return List.of(ExecutorOwners.of(network.value(), owners, before.owner())
                        .change(before, sums.next(), order, serial))
                .iterator();
    }
}
