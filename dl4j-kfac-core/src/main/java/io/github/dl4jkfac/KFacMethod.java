package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.curvature.BlockKind;
import io.github.dl4jkfac.curvature.chain.TridiagonalKind;
import io.github.dl4jkfac.curvature.kronecker.KroneckerBlock;
import io.github.dl4jkfac.plan.BlockChoice;
import io.github.dl4jkfac.plan.BlockSite;

/** What {@link KFac} decides. */
final class KFacMethod extends UpdaterMethod {

    private final KroneckerOptions kronecker;
    private final Structure structure;

    KFacMethod(KFac updater, KroneckerOptions kronecker, Structure structure) {
        super(updater);
        this.kronecker = kronecker;
        this.structure = structure;
    }

    @Override
    public boolean asksForChains() {
        return structure == Structure.BLOCK_TRIDIAGONAL;
    }

    @Override
    public boolean wantsChain(ParameterGroup group) {
        return asksForChains() && kronecker.kindOf(group) == KroneckerBlock.TYPE;
    }

    @Override
    public DerivativeSource source() {
        return kronecker.curvature().source();
    }

    @Override
    public BlockKind kindAt(BlockSite site) {
        return site.chain() == null
                ? kronecker.kindOf(site.group())
                : new TridiagonalKind(site.chain().next());
    }

    @Override
    public String jointKeyAt(BlockSite site) {
        return site.chain() == null ? null : site.chain().chain();
    }

    @Override
    public String obstacleAt(BlockSite site) {
        return BlockChoice.obstacle(site.group(), kronecker.maxFactorDimension());
    }
}
