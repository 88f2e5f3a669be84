package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.JoinedStep;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.broadcast.Broadcast;

/** Tells the driver all that has been found. */
final class PartTask extends StepTask<byte[]> {

    private static final long serialVersionUID = 1L;

    PartTask(Broadcast<SharedNetwork> network, Broadcast<StepData> step, Roles roles) {
        super(network, step, roles);
    }

    @Override
    Iterator<byte[]> tell(int partition, PartMessage found, JoinedStep copy) {
        return List.of(found.bytes(copy.layout())).iterator();
    }
}
