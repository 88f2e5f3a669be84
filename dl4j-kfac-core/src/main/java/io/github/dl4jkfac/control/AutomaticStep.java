package io.github.dl4jkfac.control;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.probe.CurrentBatch;
import io.github.dl4jkfac.capture.probe.Doubles;
import io.github.dl4jkfac.capture.probe.LocalObjective;
import io.github.dl4jkfac.capture.probe.LocalObjective.Tangent;
import io.github.dl4jkfac.capture.probe.LossProbe;
import io.github.dl4jkfac.control.StepSearch.Trial;
import io.github.dl4jkfac.diagnostics.StepControl;
import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.step.StepProposal;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the length of a step and its momentum by what it measures: preconditioning says where to go, and the true Gauss-Newton matrix G of
 * the present batch says how far. The step is d = alpha U + mu m with alpha and mu that minimise the {@link QuadraticModel}
 * (Martens and Grosse 2015, sec. 6.4 and 7), inside a {@link TrustRegion}, shortened where the loss has stopped falling ({@link
 * LossWatch}), and tried on its batch before it is taken: one that makes the objective worse is halved until it does not. Layers
 * below the outputs move by a tenth of their parameters at most, since what they feed is not linear in them.
 *
 * <p>The model is measured on the batch, or a part of it where that is large, at times that the {@link MeasuringClock} says. In between alpha = 1/r and the averaged
 * mu hold, where r = U^T G U / &lt;U,V&gt; is the mean of the last measured ones. Of the curvature along U counts what other batches show
 * of it ({@link FreshCurvature}). All that lasts is in the updater state.
 */
public final class AutomaticStep implements BatchController {

    private static final Logger LOG = LoggerFactory.getLogger(AutomaticStep.class);

    /** The part of the batch that the model is measured on where passes cost something, and how many samples that has at least. */
    private static final int PART = 4;

    private static final int LEAST_SAMPLES = 64;

    /** Most steps from one measurement to the next. */
    private static final int LONGEST_INTERVAL = 5;

    /** How far the parameters of a layer below the outputs may move, in units of their length. */
    static final double LONGEST_CHANGE = 0.1;

    /** Networks with more parameters are looked at in their own type, since float64 would cost too much of a step. */
    private static final long MOST_IN_DOUBLE = 1 << 20;

    private final Model model;
    private final NetworkView network;
    private final DataType type;
    private final FlatDirections directions;
    private final NetworkScalars scalars;
    private final TrustRegion region;
    private final StepSearch search;
    private final MeasuredStep memory;
    private final FreshCurvature fresh;
    private final LossWatch watch;
    private final MeasuringClock clock;
    private final Set<Part> off = Part.switchedOff();
    private final double longestChange;
    private final DirectionKind kind;

    private LossProbe probe;
    private boolean isBlind;
    private boolean isCheap;
    private MultiDataSet batch;
    private StepControl last;
    private long rejected;

    /**
     * Makes the control of a network's steps.
     *
     * @param model a MultiLayerNetwork or ComputationGraph whose losses have a Fisher matrix
     * @param network the same
     * @param parameters those that have curvature
     * @param scalars keep what has been measured
     * @param kind what U is like
     */
    public AutomaticStep(
            Model model, NetworkView network, List<ParamState> parameters, NetworkScalars scalars, DirectionKind kind) {
        this.model = model;
        this.network = network;
        this.type = model.numParams() <= MOST_IN_DOUBLE || model.params().dataType() == DataType.DOUBLE
                ? DataType.DOUBLE
                : DataType.FLOAT;
        this.directions = new FlatDirections(model, network, parameters, type);
        this.scalars = scalars;
        this.region = new TrustRegion(scalars, off.contains(Part.REGION));
        this.search = new StepSearch(region, off.contains(Part.TRIAL));
        this.memory = new MeasuredStep(scalars, off.contains(Part.MOMENTUM), kind);
        this.kind = kind;
        this.fresh = new FreshCurvature(scalars, off.contains(Part.FRESH));
        this.watch = new LossWatch(scalars, off.contains(Part.WATCH));
        this.clock =
                new MeasuringClock(scalars, kind.isOfOneBatch() || off.contains(Part.INTERVAL) ? 1 : LONGEST_INTERVAL);
        this.longestChange = off.contains(Part.LAYERS) ? Double.POSITIVE_INFINITY : LONGEST_CHANGE;
    }

    @Override
    public void takeBatch() {
        forgetBatch();
        if (wantsBatch() && hasProbe()) {
            INDArray features = CurrentBatch.features(model);
            isCheap = MeasuringClock.isCheap(model.numParams(), features);
            // a part tells less than the whole: where their gradients differ much, a good step can look like a bad one
            int samples = isCheap ? Integer.MAX_VALUE : Math.max(LEAST_SAMPLES, (int) features.size(0) / PART);
            batch = CurrentBatch.someOf(model, samples, network.iteration(), type);
        }
    }

    @Override
    public boolean wantsBatch() {
        return !isBlind && clock.isDue();
    }

    /** The copy is made from the configuration's JSON, which activations and losses of users may not have. */
    private boolean hasProbe() {
        if (probe == null && !isBlind) {
            try {
                probe = LossProbe.of(model, type);
            } catch (RuntimeException e) {
                isBlind = true;
                LOG.warn(
                        "Steps are bounded by klClip instead of being measured, since the network cannot be copied: {}",
                        e.getMessage());
            }
        }
        return !isBlind;
    }

    private void forgetBatch() {
        if (batch != null) {
            Doubles.close(batch);
            batch = null;
        }
    }

    @Override
    public boolean choosesLength() {
        return !isBlind;
    }

    @Override
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    public Coefficients control(StepProposal proposal) {
        if (isBlind) {
            return Coefficients.ALL;
        }
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            watch.see(model.score());
            return batch != null && proposal.slope() > 0 ? measured(proposal) : asBefore(proposal);
        } finally {
            forgetBatch();
        }
    }

    /** The step by what was measured last. */
    private Coefficients asBefore(StepProposal proposal) {
        clock.pass();
        fresh.takenUnmeasured();
        double r = memory.isEmpty() ? 1 : memory.curvature();
        double mu = memory.momentum();
        proposal.limit(watch.share() / r, longestChange);
        // F_d U = V, so that U^T G m is about r <m,V>
        double alpha = 1 / r - (proposal.slope() > 0 ? mu * proposal.lastSlope() / proposal.slope() : 0);
        if (!(alpha > 0)) {
            alpha = 1 / r;
            mu = 0;
        }
        double squaredLength = r * alpha * (alpha * proposal.slope() + 2 * mu * proposal.lastSlope());
        double share = region.inside(watch.share(), squaredLength);
        return taken(share * alpha, share * mu, null);
    }

    /** @param trial null if the step was not measured */
    private Coefficients taken(double alpha, double mu, Trial trial) {
        last = new StepControl(
                alpha,
                mu,
                memory.isEmpty() ? Double.NaN : memory.curvature(),
                region.bound(),
                watch.share(),
                trial != null,
                trial == null ? Double.NaN : trial.promised(),
                trial == null ? Double.NaN : trial.decrease(),
                trial == null ? 0 : trial.halvings(),
                rejected);
        return new Coefficients(alpha, OptionalDouble.of(mu));
    }

    @Override
    public StepControl last() {
        return last;
    }

    private Coefficients measured(StepProposal proposal) {
        // closed at once: each is as long as the network, and the garbage collector comes seldom
        try (INDArray here = Doubles.copy(model.params(), type).reshape(1, model.numParams());
                LocalObjective objective =
                        new LocalObjective(probe, here, batch, network.iteration(), network.epoch());
                INDArray lastStep = directions.momentum(proposal);
                Tangent tangentOfLast = objective.along(lastStep);
                INDArray update = directions.update(proposal)) {
            region.see(objective.loss(), model.score());
            if (memory.isEmpty() && kind.isDampedInUnitsOfLoss()) {
                new DampingFactor(scalars).calibrate(objective.meanOutputCurvature());
            }
            double lastCurvature = objective.product(tangentOfLast, tangentOfLast);
            fresh.see(lastCurvature);
            StepModel model = model(objective, proposal, update, tangentOfLast, lastCurvature);
            if (!(model.elsewhere().curvature() > 0
                    && Double.isFinite(model.elsewhere().curvature()))) {
                return asBefore(proposal); // the batch does not notice the direction
            }
            return tried(objective, model, proposal.rate(), update, lastStep);
        }
    }

    /** Measures the model; the update is written anew where layers have had to be shortened. */
    private StepModel model(
            LocalObjective objective,
            StepProposal proposal,
            INDArray update,
            Tangent tangentOfLast,
            double lastCurvature) {
        StepModel measured = modelOf(objective, proposal, update, tangentOfLast, lastCurvature);
        StepModel whole = measured.withCurvatureOfAtLeast(
                proposal.slope() / memory.mostRate(measured.elsewhere().bestRate(0)));
        if (off.contains(Part.RATE)) {
            whole = whole.withCurvature(proposal.slope());
        }
        double alpha = whole.elsewhere().bestRate(0);
        if (!Double.isFinite(alpha) || !proposal.limit(watch.share() * alpha, longestChange)) {
            return whole;
        }
        directions.update(proposal, update);
        // with its old alpha no layer moves too far
        return modelOf(objective, proposal, update, tangentOfLast, lastCurvature)
                .withCurvatureOfAtLeast(proposal.slope() / alpha);
    }

    private StepModel modelOf(
            LocalObjective objective,
            StepProposal proposal,
            INDArray update,
            Tangent tangentOfLast,
            double lastCurvature) {
        try (Tangent tangent = objective.along(update)) {
            QuadraticModel own = new QuadraticModel(
                    proposal.slope(),
                    proposal.lastSlope(),
                    objective.product(tangent, tangent),
                    objective.product(tangent, tangentOfLast),
                    lastCurvature);
            return new StepModel(own, own.withCurvature(fresh.share() * own.curvature()));
        }
    }

    private Coefficients tried(
            LocalObjective objective, StepModel model, double rate, INDArray update, INDArray lastStep) {
        QuadraticModel quadratic = model.elsewhere();
        boolean isNew = memory.keep(quadratic);
        double mu = memory.momentum();
        double alpha = quadratic.bestRate(mu);
        if (!(alpha > 0 && alpha * quadratic.slope() + mu * quadratic.lastSlope() > 0)) {
            mu = 0; // with it the step would lead uphill
            alpha = quadratic.bestRate(0);
        }
        double share = region.inside(watch.share(), quadratic.squaredLength(alpha, mu));
        INDArray step = update.muli(alpha).addi(lastStep.muli(mu)).muli(rate); // update's own memory
        Trial trial = search.along(objective, quadratic, rate * alpha, rate * mu, step, share);
        boolean calm = trial.halvings() == 0 && trial.foretold() && !isNew;
        clock.measured(calm, isCheap && fresh.isShared());
        fresh.taken(model.own(), trial.share() * alpha, trial.share() * mu);
        rejected += trial.halvings();
        return taken(trial.share() * alpha, trial.share() * mu, trial);
    }
}
