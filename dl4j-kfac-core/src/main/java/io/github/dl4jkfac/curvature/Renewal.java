package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.state.BlockState;
import java.util.List;

/** The renewal of all that one block derives from its statistics, which counts as one in the block's state. */
final class Renewal implements Refresh {

    private final BlockState state;
    private final List<Refresh> parts;

    /** @param parts in the order in which they are computed and committed */
    Renewal(BlockState state, List<Refresh> parts) {
        this.state = state;
        this.parts = parts;
    }

    @Override
    public void compute() {
        parts.forEach(Refresh::compute);
    }

    /** The first time all parts have to succeed: a part of an inverse is none. */
    @Override
    public boolean commit() {
        int renewed = 0;
        for (Refresh part : parts) {
            renewed += part.commit() ? 1 : 0;
        }
        boolean inForce = renewed == parts.size() || renewed > 0 && state.refreshes() > 0;
        if (inForce) {
            state.countRefresh();
        }
        return inForce;
    }
}
