package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.JointBlock;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.NetworkScalars.Scalar;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The exact damped Fisher matrix of one batch, inverted in the space of its samples. Its members are all matrices of a network, or one of
 * them where blocks are to be layer by layer. Every step needs a batch, a refresh, and then makes one step: nothing of a batch
 * survives it, apart from {@link ReusedCoefficients}.
 *
 * <p>The mean gradient of the batch has to be that of the same samples. A batch whose Gram matrix cannot be inverted makes no step.
 */
@SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
public final class SampleSpace implements JointBlock {

    private static final Logger LOG = LoggerFactory.getLogger(SampleSpace.class);

    private final SampleSpaceKind kind;
    private final List<BlockContext> members;
    private final SymmetricSolver solver;
    private final ReusedCoefficients reused;
    private final NetworkScalars scalars;
    private final StepRule rule;

    private List<RowOperator> operators;
    private INDArray norms;
    private SampleSystem system;
    private boolean warned;

    SampleSpace(SampleSpaceKind kind, List<BlockContext> members) {
        this.kind = kind;
        this.members = List.copyOf(members);
        this.solver = members.get(0).solver();
        this.reused = kind.reuses() ? new ReusedCoefficients(members.get(0).state(), kind.sharing()) : null;
        this.scalars = members.get(0).scalars();
        this.rule = rule();
    }

    @Override
    public void outputNorms(INDArray squaredNorms) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            norms = squaredNorms.dup('f').castTo(DataType.DOUBLE).reshape(squaredNorms.length(), 1);
        }
    }

    @Override
    public void update(List<BatchRows> rows) {
        forgetSystem();
        operators = new ArrayList<>();
        List<BatchRows> kept = rows.stream().map(BatchRows::lasting).toList();
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            for (int i = 0; i < rows.size(); i++) {
                operators.add(RowOperator.of(kept.get(i), members.get(i).shape(), solver));
            }
        }
        requireSameSamples();
    }

    private void requireSameSamples() {
        long samples = operators.get(0).samples();
        for (int i = 0; i < operators.size(); i++) {
            if (operators.get(i).samples() != samples) {
                throw new IllegalArgumentException("Layer '" + members.get(i).layer() + "' has "
                        + operators.get(i).samples() + " samples, layer '"
                        + members.get(0).layer() + "' has " + samples);
            }
        }
        if (kind.method().needsOutputNorms() && (norms == null || norms.length() != samples)) {
            throw new IllegalStateException("The norms of the outputs' derivatives of " + samples
                    + " samples are needed, but there are " + (norms == null ? "none" : norms.length()));
        }
    }

    @Override
    public Refresh stage(List<Double> damping) {
        return operators == null ? Refresh.NONE : new Inversion(damping);
    }

    private final class Inversion implements Refresh {

        private final List<Double> damping;
        private SampleSystem computed;
        private FactorisationException failure;

        Inversion(List<Double> damping) {
            this.damping = damping;
        }

        @Override
        public void compute() {
            try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                computed = reused != null && reused.areComplete() ? unsolved() : solved(damping);
            } catch (FactorisationException e) {
                failure = e;
            }
        }

        @Override
        public boolean commit() {
            if (failure != null) {
                warn(failure);
            }
            system = computed;
            return system != null;
        }
    }

    private SampleSystem solved(List<Double> damping) {
        INDArray scales = kind.method() == SampleMethod.IMPROVED_EMPIRICAL_FISHER_TIKHONOV ? norms : null;
        long samples = operators.get(0).samples();
        double least = kind.method() == SampleMethod.FISHER
                ? Rounding.leastForDifferences(type(), samples)
                : Rounding.leastForCoefficients(type(), samples);
        DampedGram gram = DampedGram.of(
                operators,
                damping,
                scalars.get(Scalar.DAMPING_FACTOR, 1) * kind.relativeDamping(),
                least,
                scales,
                type());
        return new SampleSystem(operators, type(), gram, SampleSolver.of(gram, solver), scales);
    }

    /** Later epochs of reused coefficients solve nothing. */
    private SampleSystem unsolved() {
        return new SampleSystem(operators, type(), new DampedGram(null, 0, new double[] {1}, false), null, null);
    }

    private DataType type() {
        return members.get(0).state().momentum().dataType();
    }

    private void warn(FactorisationException cause) {
        if (!warned) {
            LOG.warn(
                    "The Gram matrix of the samples' gradients cannot be inverted, so a batch makes no step: {}. "
                            + "Raise the damping. (Said once.)",
                    cause.getMessage());
            warned = true;
        }
    }

    @Override
    public boolean keepsRows() {
        return true;
    }

    @Override
    public boolean isReady() {
        return system != null;
    }

    @Override
    public boolean isSilent() {
        return system != null && system.isEmpty();
    }

    @Override
    public void precondition(List<INDArray> gradients) {
        if (system == null) {
            gradients.forEach(gradient -> gradient.assign(0));
            return;
        }
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            rule.apply(system, gradients);
        } finally {
            discard();
        }
    }

    /** The rows' memory ends with the step, whether it is taken or not. */
    @Override
    public void discard() {
        forgetSystem();
        norms = null;
    }

    private void forgetSystem() {
        if (system != null) {
            system.close();
        }
        operators = null;
        system = null;
    }

    private StepRule rule() {
        if (reused != null) {
            return new WeightingRule(this::reusedCoefficients);
        }
        return switch (kind.method()) {
            case FISHER -> new FisherRule(false);
            case EMPIRICAL_FISHER -> new FisherRule(true);
            case IMPROVED_EMPIRICAL_FISHER, IMPROVED_EMPIRICAL_FISHER_TIKHONOV ->
                new WeightingRule(batch -> batch.solve(norms));
        };
    }

    private INDArray reusedCoefficients(SampleSystem batch) {
        INDArray coefficients;
        if (reused.areComplete()) {
            coefficients = reused.forBatch(batch.samples());
        } else {
            coefficients = batch.solve(batch.ones());
            reused.keep(coefficients);
        }
        reused.advance(batch.samples());
        return coefficients;
    }

    /** J^T J / N, of iEF J^T diag(s)^-1 J / N, from the batch that waits for its step. */
    @Override
    public INDArray toDense() {
        if (operators == null) {
            throw new IllegalStateException("There is no batch: the matrix is that of a single one, until its step");
        }
        long samples = operators.get(0).samples();
        INDArray[] gradients = new INDArray[(int) samples];
        for (long n = 0; n < samples; n++) {
            INDArray unit = Nd4j.create(DataType.DOUBLE, samples, 1);
            unit.putScalar(n, 0, kind.method().needsOutputNorms() ? 1 / Math.sqrt(norms.getDouble(n)) : 1);
            gradients[(int) n] = gradientOf(unit);
        }
        INDArray rows = Nd4j.vstack(gradients);
        return rows.transpose().mmul(rows).divi(samples);
    }

    /** J^T c as one row. */
    private INDArray gradientOf(INDArray coefficients) {
        INDArray[] parts = new INDArray[operators.size()];
        for (int i = 0; i < parts.length; i++) {
            INDArray out = Nd4j.create(
                    type(),
                    new long[] {
                        members.get(i).shape().inputDimension(),
                        members.get(i).shape().outputs()
                    },
                    'f');
            operators.get(i).transposedTimes(coefficients.castTo(type()), out);
            parts[i] = out.dup('c').reshape('c', 1, out.length());
        }
        return Nd4j.hstack(parts);
    }
}
