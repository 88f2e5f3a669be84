package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.curvature.BlockKind;
import io.github.dl4jkfac.curvature.eigen.EigenBlock;
import io.github.dl4jkfac.plan.BlockChoice;
import io.github.dl4jkfac.plan.BlockSite;

/** What {@link EKFac} decides. */
final class EKFacMethod extends UpdaterMethod {

    private final Curvature curvature;
    private final int maxFactorDimension;

    EKFacMethod(EKFac updater) {
        super(updater);
        this.curvature = updater.curvature();
        this.maxFactorDimension = updater.maxFactorDimension();
    }

    @Override
    public DerivativeSource source() {
        return curvature.source();
    }

    @Override
    public BlockKind kindAt(BlockSite site) {
        return BlockChoice.of(site.group(), maxFactorDimension, kind -> EigenBlock.TYPE);
    }

    @Override
    public String obstacleAt(BlockSite site) {
        return BlockChoice.obstacle(site.group(), maxFactorDimension);
    }
}
