package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Deals the rows of a batch out to the blocks. */
final class BlockRows {

    private BlockRows() {}

    /**
     * The rows of all blocks.
     *
     * @param rows those of all slots that derivatives have reached
     * @param admission looks at those of each block
     * @param silence told why a block has none
     * @return null if some block's have not been admitted: then the batch enters none of the factors
     */
    static Map<BoundBlock, BatchRows> of(
            List<CurvatureGroup> groups,
            Map<LayerSlot, List<BatchRows>> rows,
            Admission admission,
            Consumer<String> silence) {
        Map<BoundBlock, BatchRows> all = new IdentityHashMap<>();
        for (CurvatureGroup group : groups) {
            for (BoundBlock block : group.members()) {
                String name = block.plan().name();
                if (!rows.containsKey(block.plan().slot())) {
                    silence.accept("no derivative has reached layer '" + name + "' in the second pass");
                    continue;
                }
                BatchRows own = block.rowsAmong(rows);
                if (!admission.admits(own.magnitude(), "inputs or derivatives of layer '" + name + "' are")) {
                    return null;
                }
                all.put(block, own);
            }
        }
        return all;
    }
}
