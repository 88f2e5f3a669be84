package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.curvature.BatchCounts;
import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockSums;
import io.github.dl4jkfac.curvature.JointBlock;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.curvature.kronecker.KroneckerBlock;
import io.github.dl4jkfac.curvature.kronecker.KroneckerFactors;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.solve.FactorisationException;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Block-tridiagonal K-FAC (Martens and Grosse 2015, sec. 4.3): besides the blocks A_i x G_i of the single layers the curvature of a chain
 * of layers keeps the blocks A_(i,i+1) x G_(i,i+1) between neighbours. Layers farther apart hang together through those between them
 * only, as in a Gaussian graphical model, so that the inverse is block-tridiagonal: Fhat^-1 = Xi^T Lambda Xi with Lambda =
 * blockdiag(S_i^-1) and Xi = I - (Psi_i at block (i,i+1)). It is applied in three sweeps over the layers (their App. B).
 *
 * <p>A_i and G_i are damped as in {@link KroneckerBlock}, moments between layers are not. All layers share one moving average, which
 * only batches enter that say something of every layer: S_i is positive definite only where all moments come from the same data.
 *
 * <p>What lasts is in the layers' states; of its own a chain has scratch memory for the sweeps.
 */
final class TridiagonalBlock implements JointBlock {

    /** Name of the kind of block. */
    static final String NAME = "BlockTridiagonal";

    private final List<BlockContext> members;
    private final List<TridiagonalLink> links = new ArrayList<>();
    private final INDArray scratch;

    /** @param members the layers, each one's input the output of the one before but for an activation; at least one */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    TridiagonalBlock(List<BlockContext> members) {
        this.members = List.copyOf(members);
        for (int i = 0; i < members.size(); i++) {
            links.add(new TridiagonalLink(members.get(i), i == members.size() - 1));
        }
        long largest = 0;
        for (int i = 0; i < links.size(); i++) {
            largest = Math.max(largest, links.get(i).scratch(next(i)));
        }
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            scratch = Nd4j.createUninitialized(members.get(0).state().kept().dataType(), largest);
        }
    }

    private TridiagonalLink next(int i) {
        return i + 1 < links.size() ? links.get(i + 1) : null;
    }

    @Override
    public void update(List<BatchRows> rows) {
        if (rows.stream().anyMatch(own -> own.active() < 1)) {
            return; // a layer all of whose rows are masked: the batch says nothing of it
        }
        requireSameRows(rows);
        double keep = members.get(0).keep();
        TridiagonalLink.Batch next = null;
        for (int i = links.size() - 1; i >= 0; i--) {
            TridiagonalLink.Batch batch = links.get(i).batch((OuterProductRows) rows.get(i));
            links.get(i).update(batch, next, keep);
            next = batch;
        }
        members.forEach(BlockContext::count);
    }

    private void requireSameRows(List<BatchRows> rows) {
        OuterProductRows first = (OuterProductRows) rows.get(0);
        for (int i = 1; i < rows.size(); i++) {
            OuterProductRows own = (OuterProductRows) rows.get(i);
            if (own.samples() != first.samples()
                    || own.inputs().rows() != first.inputs().rows()) {
                throw new IllegalArgumentException("Layers '" + members.get(0).layer() + "' and '"
                        + members.get(i).layer() + "' of one chain have "
                        + first.inputs().rows() + " rows of "
                        + first.samples() + " samples and " + own.inputs().rows() + " rows of " + own.samples());
            }
        }
    }

    /** One for each layer: the sums of a layer and of the next one need the rows of both. */
    @Override
    public List<BlockSums> sums(List<BatchRows> rows) {
        List<BlockContext> alone = members.stream()
                .map(member -> member.with(member.state().forOneBatch()))
                .toList();
        new TridiagonalBlock(alone)
                .update(rows.stream().map(TridiagonalBlock::withDivisor).toList());
        List<BlockSums> sums = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            double rowsOfNext = i + 1 < rows.size() ? rows.get(i + 1).active() : 0;
            BatchCounts counts =
                    new BatchCounts(rows.get(i).active(), rows.get(i).samples(), 0, rowsOfNext);
            sums.add(BlockSums.ofMeans(alone.get(i), counts));
            alone.get(i).state().close();
        }
        return sums;
    }

    /** A part of a batch may have no active rows where the whole has some; its zeros can be divided by anything but zero. */
    private static BatchRows withDivisor(BatchRows rows) {
        OuterProductRows outer = (OuterProductRows) rows;
        return outer.active() >= 1
                ? outer
                : new OuterProductRows(outer.inputs(), outer.derivatives(), outer.weights(), 1, outer.samples());
    }

    @Override
    public void fold(List<BlockSums> sums) {
        for (int i = 0; i < members.size(); i++) {
            sums.get(i).requireFits(members.get(i));
        }
        if (sums.stream().allMatch(own -> own.counts().rows() >= 1)) {
            for (int i = 0; i < members.size(); i++) {
                sums.get(i).foldInto(members.get(i));
            }
        }
    }

    @Override
    public Refresh stage(List<Double> damping) {
        return members.get(0).state().statistics() == 0 ? Refresh.NONE : new Inversion(damping);
    }

    private final class Inversion implements Refresh {

        private final List<Double> damping;
        private final TridiagonalLink.Share[] shares = new TridiagonalLink.Share[links.size()];
        private TridiagonalLink failed;
        private String failure;

        Inversion(List<Double> damping) {
            this.damping = damping;
        }

        @Override
        public void compute() {
            TridiagonalLink.Whitenings next = null;
            for (int i = links.size() - 1; i >= 0 && failed == null; i--) {
                TridiagonalLink link = links.get(i);
                try {
                    TridiagonalLink.Whitenings own = link.whitenings(damping.get(i));
                    shares[i] = link.share(own, next);
                    next = own;
                    if (!shares[i].isFinite()) {
                        fail(link, "the result is not finite");
                    }
                } catch (FactorisationException e) {
                    fail(link, e.getMessage());
                }
            }
        }

        private void fail(TridiagonalLink link, String reason) {
            failed = link;
            failure = reason;
        }

        @Override
        public boolean commit() {
            if (failed != null) {
                return degrade(failed, damping, failure);
            }
            for (int i = 0; i < shares.length; i++) {
                links.get(i).set(shares[i]);
            }
            return true;
        }
    }

    /** Shares of different refreshes make no inverse of anything, so if one fails all stay as they were. */
    private boolean degrade(TridiagonalLink failed, List<Double> damping, String reason) {
        boolean ready = isReady();
        if (!ready) {
            for (int i = 0; i < links.size(); i++) {
                links.get(i).setIndependent(damping.get(i));
            }
        }
        failed.say("cannot be diagonalised: " + reason
                + (ready
                        ? "; the last good inverse of its chain stays"
                        : "; the layers of its chain have a block each"));
        return !ready;
    }

    @Override
    public boolean isReady() {
        return links.get(0).isReady();
    }

    @Override
    public void precondition(List<INDArray> gradients) {
        int last = links.size() - 1;
        for (int i = 0; i < last; i++) {
            links.get(i).subtractDetermined(gradients.get(i), gradients.get(i + 1), scratch);
        }
        for (int i = 0; i <= last; i++) {
            links.get(i).precondition(gradients.get(i), scratch);
        }
        for (int i = last; i > 0; i--) {
            links.get(i - 1).subtractFromNext(gradients.get(i - 1), gradients.get(i), scratch);
        }
    }

    /**
     * Fhat without damping: the moments' A x G at the diagonal blocks and beside them; those farther off follow, F_(j+1,i) = F_(j+1,j)
     * F_jj^-1 F_(j,i).
     */
    @Override
    public INDArray toDense() {
        long[] start = new long[links.size() + 1];
        for (int i = 0; i < links.size(); i++) {
            start[i + 1] = start[i] + members.get(i).shape().parameters();
        }
        INDArray dense = Nd4j.create(scratch.dataType(), start[links.size()], start[links.size()]);
        for (int i = 0; i < links.size(); i++) {
            put(links.get(i).toDense(), dense, start[i], start[i]);
            TridiagonalLink.Moments moments = null;
            for (int j = i; j < links.size() - 1; j++) {
                moments = links.get(j).momentsOfNextWith(moments);
                INDArray block = KroneckerFactors.product(moments.inputs(), moments.outputs());
                put(block, dense, start[j + 1], start[i]);
                put(block.transpose(), dense, start[i], start[j + 1]);
            }
        }
        return dense;
    }

    private static void put(INDArray block, INDArray dense, long row, long column) {
        dense.get(
                        NDArrayIndex.interval(row, row + block.size(0)),
                        NDArrayIndex.interval(column, column + block.size(1)))
                .assign(block);
    }
}
