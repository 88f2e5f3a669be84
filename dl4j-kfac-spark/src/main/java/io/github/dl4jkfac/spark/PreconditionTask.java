package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.arrays.ArrayBytes;
import java.io.Serializable;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An owner preconditions its share of a gradient. */
final class PreconditionTask implements Function<OwnerState, PreconditionTask.Answer> {

    private static final long serialVersionUID = 1L;

    private final Broadcast<SharedNetwork> network;
    private final int owners;
    private final Broadcast<byte[]> gradients;

    /** @param gradients V of all blocks, as {@link ArrayBytes} writes it */
    PreconditionTask(Broadcast<SharedNetwork> network, int owners, Broadcast<byte[]> gradients) {
        this.network = network;
        this.owners = owners;
        this.gradients = gradients;
    }

    /**
     * What an owner says.
     *
     * @param owner its number
     * @param updates as {@link io.github.dl4jkfac.session.OwnedCurvature} writes them; null if the statistics have overflowed
     */
    record Answer(int owner, byte[] updates) implements Serializable {}

    @Override
    public Answer call(OwnerState state) {
        if (!state.isSound()) {
            return new Answer(state.owner(), null);
        }
        INDArray all = Bytes.read(gradients.value(), ArrayBytes::read);
        byte[] updates =
                ExecutorOwners.of(network.value(), owners, state.owner()).precondition(state, all);
        all.close();
        return new Answer(state.owner(), updates);
    }
}
