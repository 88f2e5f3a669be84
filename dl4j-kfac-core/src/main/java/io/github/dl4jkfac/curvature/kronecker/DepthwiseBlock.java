package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.curvature.BatchCounts;
import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.BlockSums;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.curvature.DegradationLog;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import io.github.dl4jkfac.state.Slice.Weight;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * K-FAC of depthwise convolutions: each of C channels has a convolution of its own, with one input channel and some outputs (the depth
 * multiplier), and so a Kronecker block of its own, F_c ~ A_c x G_c with A_c [k + 1, k + 1] for k kernel elements and a bias
 * (Grosse and Martens 2016, Theorem 1, channel by channel). Products of different channels are left out.
 *
 * <p>Damping is factored channel by channel, (A_c + pi_c gamma I) x (G_c + gamma / pi_c I) with gamma^2 = lambda, as in
 * {@link KroneckerBlock}.
 *
 * <p>Rows are {@link OuterProductRows} with inputs [N T, C k], column c k + element; the parameter matrix is [k + 1, C multiplier], column
 * c multiplier + m.
 */
public final class DepthwiseBlock implements CurvatureBlock {

    private static final String A = "A";
    private static final String G = "G";
    private static final String A_INVERSE = "A_inverse";
    private static final String G_INVERSE = "G_inverse";

    /** Keeps factors and inverses of all channels, entry by entry of their lower triangles, one row for each channel. */
    public static final SingleKind TYPE = new Type();

    private final BlockContext context;
    private final UnitMatrices inputFactors;
    private final UnitMatrices outputFactors;
    private final UnitInverses inversesOfInputs;
    private final UnitInverses inversesOfOutputs;

    private DepthwiseBlock(BlockContext context) {
        BlockState state = context.state();
        BlockShape shape = context.shape();
        int dA = shape.inputDimension();
        int multiplier = shape.outputsPerGroup();
        this.context = context;
        this.inputFactors = new UnitMatrices(state.get(A), dA);
        this.outputFactors = new UnitMatrices(state.get(G), multiplier);
        DegradationLog log = new DegradationLog(context.layer());
        this.inversesOfInputs = new UnitInverses(A, inputFactors, new UnitMatrices(state.get(A_INVERSE), dA), log);
        this.inversesOfOutputs =
                new UnitInverses(G, outputFactors, new UnitMatrices(state.get(G_INVERSE), multiplier), log);
    }

    @Override
    public void update(BatchRows rows) {
        if (rows.active() < 1) {
            return; // all rows masked: the batch says nothing
        }
        OuterProductRows outer = (OuterProductRows) rows;
        double keep = context.keep();
        updateInputs(outer, keep);
        GroupedGram products = new GroupedGram(context.shape().groups(), outputFactors.order(), context.solver());
        products.add(outer.derivatives());
        products.average(outputFactors, outer.samples(), keep);
        context.count();
    }

    @Override
    public BlockSums sums(BatchRows rows) {
        return BlockSums.of(
                context, BatchCounts.of(rows), alone -> TYPE.create(alone).update(rows));
    }

    @Override
    public void fold(BlockSums sums) {
        sums.foldInto(context);
    }

    private void updateInputs(OuterProductRows rows, double keep) {
        BlockShape shape = context.shape();
        OuterProductRows once = rows.inputsOnce();
        GroupedGram products = new GroupedGram(shape.groups(), shape.inputs(), context.solver());
        once.forEachActive(once.inputs().columns(), (firstRow, chunk) -> products.add(chunk));
        products.average(inputFactors, once.active(), keep);
    }

    @Override
    public Refresh stage(double damping) {
        if (context.state().statistics() == 0) {
            return Refresh.NONE;
        }
        double[] inputs = inputFactors.meanDiagonals().data().asDouble();
        double[] outputs = outputFactors.meanDiagonals().data().asDouble();
        FactoredDamping[] shifts = new FactoredDamping[inputs.length];
        for (int channel = 0; channel < shifts.length; channel++) {
            shifts[channel] = FactoredDamping.of(damping, inputs[channel], outputs[channel]);
        }
        return context.renewal(
                inversesOfInputs.stage(vector(channel -> shifts[channel].onInputs())),
                inversesOfOutputs.stage(vector(channel -> shifts[channel].onOutputs())));
    }

    private INDArray vector(IntToDoubleFunction values) {
        double[] array =
                IntStream.range(0, context.shape().groups()).mapToDouble(values).toArray();
        return Nd4j.create(
                array, new long[] {array.length}, inputFactors.packed().dataType());
    }

    @Override
    public boolean isReady() {
        return context.isReady();
    }

    @Override
    public void precondition(INDArray gradient, INDArray work, INDArray out) {
        int rows = inputFactors.order();
        int multiplier = outputFactors.order();
        try (INDArray scratch =
                Nd4j.createUninitialized(gradient.dataType(), context.shape().groups())) {
            for (int row = 0; row < rows; row++) {
                int i = row;
                inversesOfOutputs
                        .matrices()
                        .multiply(m -> channels(gradient, i, m), m -> channels(work, i, m), scratch);
            }
            for (int column = 0; column < multiplier; column++) {
                int m = column;
                inversesOfInputs.matrices().multiply(i -> channels(work, i, m), i -> channels(out, i, m), scratch);
            }
        }
    }

    private INDArray channels(INDArray matrix, int i, int m) {
        return context.shape().acrossGroups(matrix, i, m);
    }

    @Override
    public INDArray toDense() {
        long outputs = context.shape().outputs();
        int multiplier = outputFactors.order();
        INDArray dense = Nd4j.create(
                inputFactors.packed().dataType(),
                context.shape().parameters(),
                context.shape().parameters());
        for (int channel = 0; channel < context.shape().groups(); channel++) {
            double[][] a = inputFactors.matrix(channel);
            double[][] g = outputFactors.matrix(channel);
            for (int row = 0; row < a.length * multiplier; row++) {
                for (int column = 0; column < a.length * multiplier; column++) {
                    dense.putScalar(
                            row / multiplier * outputs + channel * multiplier + row % multiplier,
                            column / multiplier * outputs + channel * multiplier + column % multiplier,
                            a[row / multiplier][column / multiplier] * g[row % multiplier][column % multiplier]);
                }
            }
        }
        return dense;
    }

    private static final class Type implements SingleKind {

        @Override
        public String name() {
            return "Depthwise";
        }

        @Override
        public List<Slice> slices(BlockShape shape) {
            int channels = shape.groups();
            int ofInputs = UnitMatrices.entries(shape.inputDimension());
            int ofOutputs = UnitMatrices.entries(shape.outputsPerGroup());
            return List.of(
                    Slice.statistic(A, channels, ofInputs, Weight.ROWS),
                    Slice.statistic(G, channels, ofOutputs, Weight.SAMPLES),
                    Slice.derived(A_INVERSE, channels, ofInputs),
                    Slice.derived(G_INVERSE, channels, ofOutputs));
        }

        @Override
        public CurvatureBlock create(BlockContext context) {
            return new DepthwiseBlock(context);
        }

        @Override
        public double refreshFlops(BlockShape shape) {
            return shape.groups() * (Math.pow(shape.inputDimension(), 3) + Math.pow(shape.outputsPerGroup(), 3));
        }
    }
}
