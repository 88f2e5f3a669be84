package io.github.dl4jkfac.session;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.curvature.Refresh;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refreshes inverses so that the last good one stays in force if the new one is not finite, whatever kind of block it is: what a refresh
 * may change is copied first, group by group, and put back then. A copy takes d^2 where the inverse takes d^3.
 */
final class SafeRefresh {

    private static final Logger LOG = LoggerFactory.getLogger(SafeRefresh.class);

    private final List<CurvatureGroup> toldOf = new ArrayList<>();

    /** Something that a refresh may change, and a copy of it. */
    private record Copy(INDArray live, INDArray copy) {

        static Stream<Copy> of(BoundBlock block) {
            return block.state().renewed().stream().map(live -> new Copy(live, live.dup(live.ordering())));
        }

        boolean isFinite() {
            return Finite.isFinite(live);
        }

        void restore() {
            live.assign(copy);
        }
    }

    /**
     * Puts a refresh in force.
     *
     * @param group whose refresh it is
     * @param computed has been computed
     */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    void commit(CurvatureGroup group, Refresh computed) {
        if (group.keepsRows()) {
            computed.commit(); // keeps nothing beyond the step
            return;
        }
        List<Copy> copies = new ArrayList<>();
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            group.members().stream().flatMap(Copy::of).forEach(copies::add);
        }
        computed.commit();
        if (!copies.stream().allMatch(Copy::isFinite)) {
            copies.forEach(Copy::restore);
            warn(group);
        }
        copies.forEach(copy -> copy.copy().close());
    }

    private void warn(CurvatureGroup group) {
        if (toldOf.stream().noneMatch(known -> known == group)) {
            toldOf.add(group);
            LOG.warn(
                    "Layer '{}': the new inverse is not finite, the last good one stays. Raise the damping. (Said once per layer.)",
                    group.members().get(0).plan().name());
        }
    }
}
