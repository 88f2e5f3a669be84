package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.probe.CurrentBatch;
import io.github.dl4jkfac.capture.probe.NetworkCopy;
import io.github.dl4jkfac.session.PartPass.Moment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.StepFunction;
import org.deeplearning4j.optimize.solvers.BaseOptimizer;
import org.deeplearning4j.optimize.solvers.StochasticGradientDescent;
import org.deeplearning4j.optimize.stepfunctions.StepFunctions;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The steps of a network, the leader, on batches that copies of it have gone through in parts (Ba, Grosse, Martens 2017). All that DL4J does in a step behind the
 * backward pass is done once, by the leader: clipping, L1, L2 and weight decay, momentum, the updaters themselves, constraints and listeners
 * see the gradient of the whole batch. So a step is the one that the leader would have taken on the joined batch by itself, but for rounding, as far as the
 * passes through the parts tell the same as one through the whole: they do not where samples are coupled (batch normalisation) or
 * random numbers are drawn (dropout, targets drawn from the model).
 */
public final class JoinedStep {

    private final Model leader;
    private final Leader events;
    private final NetworkView network;
    private final Session session;
    private final PartSums sums;

    /**
     * Makes the steps of a network as it is now.
     *
     * @param leader an initialised MultiLayerNetwork or ComputationGraph, with any updaters; attached, if some of them are of this library
     */
    public JoinedStep(Model leader) {
        this.leader = leader;
        this.events = new Leader(leader);
        this.network = NetworkView.of(leader);
        this.session = Sessions.find(leader);
        this.sums = new PartSums(network);
    }

    /** {@return whether the network still has the layers and the updater that these steps were made for} */
    public boolean isCurrent() {
        return network.isCurrent() && Sessions.find(leader) == session;
    }

    /**
     * Checks that batches can come in parts.
     *
     * @throws IllegalArgumentException if the updater makes its step of the rows of the very batch
     */
    public void requireParts() {
        if (session != null) {
            session.requireParts();
        }
    }

    /**
     * Copies the network.
     *
     * @return the passes of the copy
     * @throws IllegalArgumentException if the updater makes its step of the rows of the very batch
     */
    public PartPass newPass() {
        requireParts();
        NetworkCopy copy = NetworkCopy.of(leader, leader.params().dataType());
        return session == null ? new PartPass(network, copy, List.of(), null, null, sums) : session.passOf(copy, sums);
    }

    /**
     * Lets others compute the inverses of the curvature.
     *
     * @param helpers run all that they are given, in any order and by any threads, and return when all is done; null for nobody: then the
     *     calling thread computes them
     */
    public void spreadRefreshesOver(Consumer<List<Runnable>> helpers) {
        if (session != null) {
            session.spreadRefreshesOver(helpers);
        }
    }

    /**
     * Has others keep the curvature from now on, as long as the network {@linkplain #isCurrent has its present updater}. Its updater state then keeps the
     * momentum, and only counts of the rest.
     *
     * @param owners who they are
     */
    public void keepCurvatureAt(CurvatureOwners owners) {
        if (hasCurvature()) {
            session.keepCurvatureAt(owners);
        }
    }

    /** {@return a number that grows whenever statistics or inverses change, as far as this network's updater state counts it} */
    public long curvatureVersion() {
        return OwnedCurvature.version(session.groups());
    }

    /** {@return whether any parameters have curvature} */
    public boolean hasCurvature() {
        return session != null && !session.blocks().isEmpty();
    }

    /**
     * Shares out the curvature.
     *
     * @param owners how many, at least one
     * @return a share for each of them; views of this network's own updater state
     */
    public List<OwnedCurvature> shareCurvature(int owners) {
        return OwnedCurvature.share(session == null ? List.of() : session.groups(), owners);
    }

    /**
     * Shares out the sums over the parts of batches, with the statistics where their curvature is.
     *
     * @param curvature the shares of the curvature
     * @return a share for each owner
     */
    public List<PartShare> shareParts(List<OwnedCurvature> curvature) {
        List<PartShare> shares = new ArrayList<>();
        for (OwnedCurvature owned : curvature) {
            shares.add(new PartShare(sums, owned.names(), shares.size(), curvature.size(), leader));
        }
        return shares;
    }

    /** {@return the network} */
    public Model leader() {
        return leader;
    }

    /** {@return a number that copies of the same network have, and hardly any others: it tells parameters, blocks and what they keep} */
    public long layout() {
        CRC32 sum = new CRC32();
        StringBuilder text = new StringBuilder();
        text.append(leader.params().dataType()).append(leader.numParams());
        if (session != null) {
            for (BoundBlock block : session.blocks()) {
                text.append(block.plan().name())
                        .append(block.state().kind())
                        .append(block.state().slices());
            }
        }
        sum.update(text.toString().getBytes(StandardCharsets.UTF_8));
        return sum.getValue();
    }

    /**
     * Tells what copies on other machines need beside the parameters, to make their sums.
     *
     * @return DL4J's updater state, its own view; null if copies need nothing of it
     */
    public INDArray stateForCopies() {
        boolean needed = session != null
                && session.blocks().stream().anyMatch(block -> block.kind().sumsNeedDerived());
        return needed ? network.updater().getStateViewArray() : null;
    }

    /** {@return the next step's time, and whether its batch is to enter the statistics} */
    public Moment moment() {
        long steps = session == null ? network.iteration() : session.steps();
        boolean withStatistics = session != null && session.wantsStatistics();
        boolean withBatch = session != null && session.wantsBatch();
        return new Moment(steps, network.iteration(), network.epoch(), withStatistics, withBatch);
    }

    /**
     * Takes a step.
     *
     * @param parts what copies with the leader's parameters have found, at least one of them with a gradient; they are added up in this order, those
     *     without a gradient at the end
     * @param batch the whole, for controllers and listeners that look at it; may be null unless the {@link #moment} asks for it
     * @throws IllegalArgumentException if an option has a value that no step can use
     */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    public void take(List<BatchPart> parts, MultiDataSet batch) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            take(join(parts, network.gradient()), batch);
        }
    }

    /**
     * Takes a step on a batch that others have added up.
     *
     * @param shares what each of the owners has added up, in their order, without statistics
     * @param batch as of {@link #take}
     * @throws IllegalArgumentException as {@link #take}
     */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    public void takeShares(List<BatchPart> shares, MultiDataSet batch) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            INDArray gradient = network.gradient();
            INDArray flat = gradient.reshape(gradient.length());
            long at = 0;
            for (BatchPart share : shares) {
                long length = share.gradient().length();
                if (length > 0) {
                    flat.get(NDArrayIndex.interval(at, at + length)).assign(share.gradient());
                }
                at += length;
            }
            take(shares.get(0).with(gradient), batch);
        }
    }

    /** @param whole with the leader's own gradient view */
    private void take(BatchPart whole, MultiDataSet batch) {
        if (batch != null) {
            CurrentBatch.put(leader, batch);
        }
        INDArray gradient = whole.gradient();
        events.setScore(whole.score());
        Gradient named = named(gradient);
        events.setGradient(named);
        if (session != null) {
            session.takeParts(whole);
        }
        events.tell(listener -> listener.onGradientCalculation(leader));
        int iteration = network.iteration();
        int epoch = network.epoch();
        network.updater().update(named, iteration, epoch, whole.samples(), LayerWorkspaceMgr.noWorkspaces());
        stepFunction().step(leader.params(), gradient.reshape(leader.params().shape()));
        if (session != null) {
            session.afterStep();
        }
        events.tell(listener -> listener.iterationDone(leader, iteration, epoch));
        BaseOptimizer.incrementIterationCount(leader, 1);
        BaseOptimizer.applyConstraints(leader);
        if (batch != null) {
            CurrentBatch.forgetMasks(leader);
        }
    }

    /** The sum of all parts; its gradient is the leader's own view. */
    private BatchPart join(List<BatchPart> all, INDArray gradient) {
        List<BatchPart> parts = BatchPart.gradientsFirst(all);
        BatchPart whole = parts.get(0).with(gradient.assign(parts.get(0).gradient()));
        for (BatchPart part : parts.subList(1, parts.size())) {
            whole = sums.add(whole, part, leader);
        }
        return whole;
    }

    /** The flat gradient with the names of its parts, as DL4J's backward pass gives it. */
    private Gradient named(INDArray flat) {
        DefaultGradient gradient = new DefaultGradient(flat);
        for (UpdaterBlock block : network.updater().getUpdaterBlocks()) {
            for (ParamState state : block.getLayersAndVariablesInBlock()) {
                gradient.setGradientFor(
                        events.nameOf(state.getLayer()) + "_" + state.getParamName(), state.getGradView());
            }
        }
        return gradient;
    }

    private StepFunction stepFunction() {
        StepFunction own = StepFunctions.createStepFunction(leader.conf().getStepFunction());
        return own == null ? BaseOptimizer.getDefaultStepFunctionForOptimizer(StochasticGradientDescent.class) : own;
    }
}
