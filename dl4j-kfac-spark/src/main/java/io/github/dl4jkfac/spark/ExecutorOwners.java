package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.curvature.BatchStatistics;
import io.github.dl4jkfac.session.BatchPart;
import io.github.dl4jkfac.session.CurvatureOwners.Order;
import io.github.dl4jkfac.session.JoinedStep;
import io.github.dl4jkfac.session.OwnedCurvature;
import io.github.dl4jkfac.session.PartShare;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The owners of curvature whose tasks an executor runs. They share one copy of the network, and remember which state of theirs is in it, so that it is not read
 * again and again; nothing that a step depends on is only here.
 */
final class ExecutorOwners {

    /** Trainings whose copies are kept. */
    private static final int MOST = 4;

    private static final Map<String, List<Owner>> HELD = new LinkedHashMap<>(MOST, 0.75f, true);

    private ExecutorOwners() {}

    /** The owner of a number. Networks are made one at a time; whoever needs one waits. */
    static Owner of(SharedNetwork network, int owners, int number) {
        synchronized (HELD) {
            List<Owner> held = HELD.computeIfAbsent(network.training(), unknown -> make(network, owners));
            if (HELD.size() > MOST) {
                HELD.remove(HELD.keySet().iterator().next());
            }
            return held.get(number);
        }
    }

    private static List<Owner> make(SharedNetwork network, int owners) {
        JoinedStep copy = ExecutorNetworks.copy(network);
        List<OwnedCurvature> curvature = copy.shareCurvature(owners);
        List<PartShare> parts = copy.shareParts(curvature);
        List<Owner> all = new ArrayList<>();
        for (int i = 0; i < owners; i++) {
            all.add(new Owner(copy, curvature.get(i), parts.get(i)));
        }
        return all;
    }

    /** One owner. Several tasks may ask it at a time, if one is run again; it serves them one after the other. */
    static final class Owner {

        private static final long NOTHING = -1;

        private final JoinedStep network;
        private final OwnedCurvature curvature;
        private final PartShare part;
        private long serial = NOTHING;

        Owner(JoinedStep network, OwnedCurvature curvature, PartShare part) {
            this.network = network;
            this.curvature = curvature;
            this.part = part;
        }

        BatchPart join(List<BatchPart> shares, StepData step) {
            if (network.leader().conf().isMiniBatch()) {
                return part.join(shares);
            }
            synchronized (network) { // the sum's score contains L1 and L2 of all parameters
                StepData.read(step.parameters(), network.leader().params());
                return part.join(shares);
            }
        }

        /**
         * Changes the curvature as it is ordered.
         *
         * @param newSerial of this change
         */
        synchronized OwnerState change(OwnerState before, OwnerSum sum, Order order, long newSerial) {
            load(before);
            serial = NOTHING;
            BatchStatistics statistics =
                    sum.statistics() == null ? null : Bytes.read(sum.statistics(), BatchStatistics::read);
            if (!curvature.fold(statistics)) {
                return new OwnerState(before.owner(), newSerial, null);
            }
            if (order.dampings() != null) {
                curvature.refresh(order.dampings(), order.later());
            }
            serial = newSerial;
            return new OwnerState(before.owner(), newSerial, Bytes.of(before.bytes().length, curvature::write));
        }

        /** U of this owner's share. */
        synchronized byte[] precondition(OwnerState state, INDArray gradients) {
            load(state);
            return Bytes.of(out -> curvature.precondition(gradients, out));
        }

        private void load(OwnerState state) {
            if (state.serial() != serial) {
                serial = NOTHING;
                Bytes.read(state.bytes(), in -> {
                    curvature.read(in);
                    return null;
                });
                serial = state.serial();
            }
        }
    }
}
