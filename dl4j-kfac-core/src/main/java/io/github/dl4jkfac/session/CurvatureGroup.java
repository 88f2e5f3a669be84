package io.github.dl4jkfac.session;

import io.github.dl4jkfac.curvature.BatchStatistics;
import io.github.dl4jkfac.curvature.BlockSums;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.curvature.JointBlock;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.step.ParameterMatrix;
import io.github.dl4jkfac.step.StepGroup;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Curvature at work: a block of its own for one matrix of parameters, or a joint one for several. */
interface CurvatureGroup extends StepGroup {

    /** The parameters, in the network's order. */
    List<BoundBlock> members();

    /**
     * V, the gradients that are to be preconditioned.
     *
     * @param gradientScale factor that turns DL4J's gradient into a mean over the batch
     * @param into one matrix for each of the {@link #matrices}, overwritten
     */
    void gather(double gradientScale, List<INDArray> into);

    /**
     * U = F_d^-1 V, kept in the matrices' updates.
     *
     * @param gradients V, one for each of the {@link #matrices}; not modified
     * @param workBuffer as long as the largest matrix; overwritten
     */
    void solve(List<INDArray> gradients, INDArray workBuffer);

    /**
     * Takes in a batch.
     *
     * @param rows of all parameters that derivatives have reached; nothing happens unless this group's are all among them
     */
    void update(Map<BoundBlock, BatchRows> rows);

    /** Tells |dL_n/dz_out|^2 of each sample, [N,1]; nothing happens unless the curvature asks. */
    default void outputNorms(INDArray squaredNorms) {
        // single matrices have moving averages, which are made of rows alone
    }

    /**
     * Sums over a part of a batch, of which other parts are elsewhere. Changes nothing, and may be called by several threads at once.
     *
     * @param rows of all parameters that derivatives have reached
     * @return sums of each member, by name; empty unless this group's rows are all among them
     * @throws UnsupportedOperationException if the statistics cannot be made of parts
     */
    Map<String, BlockSums> sums(Map<BoundBlock, BatchRows> rows);

    /**
     * Takes in a batch that has come in parts.
     *
     * @param whole sums over all parts; nothing happens unless this group's are among them
     * @throws IllegalArgumentException if they are of another kind or shape
     */
    void fold(BatchStatistics whole);

    /**
     * Begins to recompute the inverse.
     *
     * @param damping of each of the parameters
     */
    Refresh stage(ToDoubleFunction<BoundBlock> damping);

    /** Floating-point operations of a refresh. */
    default double refreshFlops() {
        return members().stream()
                .mapToDouble(member -> member.kind().refreshFlops(member.shape()))
                .sum();
    }

    boolean isReady();

    /** Whether the present batch says nothing of the parameters, so that their gradients pass as they are. */
    default boolean isSilent() {
        return false;
    }

    /** Forgets the batch that was taken in last, of which no step is made. */
    default void discard() {
        // averages keep nothing of a single batch
    }

    /** Whether the step is made of the rows of the very batch. */
    boolean keepsRows();

    static CurvatureGroup of(BoundBlock single, ParameterMatrix matrix) {
        return new Single(single, matrix);
    }

    static CurvatureGroup of(JointBlock joint, List<BoundBlock> members, List<ParameterMatrix> matrices) {
        return new Joint(joint, List.copyOf(members), List.copyOf(matrices));
    }

    /**
     * @param member has a block of its own
     * @param matrix its parameters
     */
    record Single(BoundBlock member, ParameterMatrix matrix) implements CurvatureGroup {

        @Override
        public List<ParameterMatrix> matrices() {
            return List.of(matrix);
        }

        @Override
        public void precondition(
                BiConsumer<ParameterMatrix, INDArray> products,
                double gradientScale,
                INDArray gradientBuffer,
                INDArray workBuffer) {
            List<INDArray> v = List.of(matrix.matrix(gradientBuffer));
            gather(gradientScale, v);
            solve(v, workBuffer);
            products.accept(matrix, v.get(0));
        }

        @Override
        public void gather(double gradientScale, List<INDArray> into) {
            matrix.gather(gradientScale, into.get(0));
            matrix.average(into.get(0));
        }

        @Override
        public void solve(List<INDArray> gradients, INDArray workBuffer) {
            block().precondition(gradients.get(0), matrix.matrix(workBuffer), matrix.update());
        }

        @Override
        public List<BoundBlock> members() {
            return List.of(member);
        }

        private CurvatureBlock block() {
            return member.block();
        }

        @Override
        public void update(Map<BoundBlock, BatchRows> rows) {
            if (rows.containsKey(member)) {
                block().update(rows.get(member));
            }
        }

        @Override
        public Map<String, BlockSums> sums(Map<BoundBlock, BatchRows> rows) {
            return rows.containsKey(member) ? Map.of(member.plan().name(), block().sums(rows.get(member))) : Map.of();
        }

        @Override
        public void fold(BatchStatistics whole) {
            BlockSums sums = whole.sums().get(member.plan().name());
            if (sums != null) {
                block().fold(sums);
            }
        }

        @Override
        public Refresh stage(ToDoubleFunction<BoundBlock> damping) {
            return block().stage(damping.applyAsDouble(member));
        }

        @Override
        public boolean isReady() {
            return block().isReady();
        }

        @Override
        public boolean keepsRows() {
            return false;
        }
    }

    /**
     * Gradients of a joint block have to be there all at once, so they are gathered where the updates go; for the inner products they
     * are gathered once more.
     *
     * @param joint the curvature of all members
     * @param members in the order in which it knows them
     * @param matrices their parameters
     */
    record Joint(JointBlock joint, List<BoundBlock> members, List<ParameterMatrix> matrices) implements CurvatureGroup {

        @Override
        public void precondition(
                BiConsumer<ParameterMatrix, INDArray> products,
                double gradientScale,
                INDArray gradientBuffer,
                INDArray workBuffer) {
            gather(gradientScale, updates());
            joint.precondition(updates());
            for (ParameterMatrix matrix : matrices) {
                INDArray v = matrix.matrix(gradientBuffer);
                matrix.gather(gradientScale, v);
                products.accept(matrix, v);
            }
        }

        private List<INDArray> updates() {
            return matrices.stream().map(ParameterMatrix::update).toList();
        }

        @Override
        public void gather(double gradientScale, List<INDArray> into) {
            for (int i = 0; i < matrices.size(); i++) {
                matrices.get(i).gather(gradientScale, into.get(i));
            }
        }

        @Override
        public void solve(List<INDArray> gradients, INDArray workBuffer) {
            for (int i = 0; i < matrices.size(); i++) {
                matrices.get(i).update().assign(gradients.get(i));
            }
            joint.precondition(updates());
        }

        @Override
        public void update(Map<BoundBlock, BatchRows> rows) {
            if (members.stream().allMatch(rows::containsKey)) {
                joint.update(members.stream().map(rows::get).toList());
            }
        }

        @Override
        public Map<String, BlockSums> sums(Map<BoundBlock, BatchRows> rows) {
            Map<String, BlockSums> sums = new LinkedHashMap<>();
            if (members.stream().allMatch(rows::containsKey)) {
                List<BlockSums> all = joint.sums(members.stream().map(rows::get).toList());
                for (int i = 0; i < all.size(); i++) {
                    sums.put(members.get(i).plan().name(), all.get(i));
                }
            }
            return sums;
        }

        @Override
        public void fold(BatchStatistics whole) {
            List<BlockSums> sums = members.stream()
                    .map(member -> whole.sums().get(member.plan().name()))
                    .filter(Objects::nonNull)
                    .toList();
            if (sums.size() == members.size()) {
                joint.fold(sums);
            }
        }

        @Override
        public void outputNorms(INDArray squaredNorms) {
            joint.outputNorms(squaredNorms);
        }

        @Override
        public Refresh stage(ToDoubleFunction<BoundBlock> damping) {
            return joint.stage(members.stream().map(damping::applyAsDouble).toList());
        }

        @Override
        public boolean isReady() {
            return joint.isReady();
        }

        @Override
        public boolean isSilent() {
            return joint.isSilent();
        }

        @Override
        public void discard() {
            joint.discard();
        }

        @Override
        public boolean keepsRows() {
            return joint.keepsRows();
        }
    }
}
