package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.curvature.BlockKind;
import io.github.dl4jkfac.plan.BlockSite;

/** What {@link FAdam} decides: it serves all parameters by itself. */
final class FAdamMethod extends UpdaterMethod {

    FAdamMethod(FAdam updater) {
        super(updater);
    }

    @Override
    public boolean usesCurvature() {
        return false;
    }

    @Override
    public DerivativeSource source() {
        return DerivativeSource.TRUE_LABELS;
    }

    @Override
    public BlockKind kindAt(BlockSite site) {
        return null;
    }

    @Override
    public String obstacleAt(BlockSite site) {
        return "its updater is FAdam";
    }
}
