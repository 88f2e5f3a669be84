package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.JointBlock;
import io.github.dl4jkfac.curvature.JointKind;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.plan.BlockPlan;
import io.github.dl4jkfac.plan.Method;
import io.github.dl4jkfac.plan.NetworkPlan;
import io.github.dl4jkfac.plan.Updaters;
import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.step.CurvatureShare;
import io.github.dl4jkfac.step.FisherAdamWorker;
import io.github.dl4jkfac.step.NaturalGradientWorker;
import io.github.dl4jkfac.step.NetworkStep;
import io.github.dl4jkfac.step.ParameterMatrix;
import io.github.dl4jkfac.step.UpdaterShare;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Brings DL4J's updater and the plans of the curvature blocks together: makes the blocks, and the step over all of them. */
final class Binding {

    private final NetworkPlan networkPlan;
    private final SymmetricSolver solver;
    private final INDArray networkParameters;
    private final NetworkScalars scalars;
    private final List<UpdaterShare> shares = new ArrayList<>();
    private final Map<Object, List<Member>> members = new LinkedHashMap<>();
    private final List<CurvatureGroup> groups = new ArrayList<>();

    private record Member(
            BlockPlan plan,
            BlockContext context,
            NaturalGradientWorker worker,
            List<ParamState> parameters,
            ParameterMatrix matrix) {

        BoundBlock bound(SingleKind type) {
            return new BoundBlock(
                    plan, type == null ? null : type.create(context), context.state(), worker, parameters);
        }
    }

    private Binding(
            NetworkPlan networkPlan, SymmetricSolver solver, INDArray networkParameters, NetworkScalars scalars) {
        this.networkPlan = networkPlan;
        this.solver = solver;
        this.networkParameters = networkParameters;
        this.scalars = scalars;
    }

    /** @param parameters of the network, flat */
    static Binding of(
            List<UpdaterBlock> updaterBlocks, INDArray parameters, NetworkPlan networkPlan, SymmetricSolver solver) {
        Binding binding = new Binding(networkPlan, solver, parameters, scalars(updaterBlocks));
        for (UpdaterBlock updaterBlock : updaterBlocks) {
            if (updaterBlock.getGradientUpdater() instanceof NaturalGradientWorker worker) {
                binding.add(updaterBlock, worker);
            } else if (updaterBlock.getGradientUpdater() instanceof FisherAdamWorker worker
                    && !updaterBlock.isPretrainUpdaterBlock()) { // which fit() never comes to
                binding.shares.add(TensorPlaces.share(updaterBlock, worker, parameters));
            }
        }
        binding.members.values().forEach(binding::group);
        return binding;
    }

    private static NetworkScalars scalars(List<UpdaterBlock> updaterBlocks) {
        return new NetworkScalars(updaterBlocks.stream()
                .map(UpdaterBlock::getGradientUpdater)
                .filter(NaturalGradientWorker.class::isInstance)
                .map(worker -> ((NaturalGradientWorker) worker).state())
                .toList());
    }

    /** What holds for the network as a whole. */
    NetworkScalars scalars() {
        return scalars;
    }

    /** The curvature of the whole network; empty if no parameters have any. */
    List<CurvatureGroup> groups() {
        return groups;
    }

    /** The method whose options hold for the network; null if there is nothing to do. */
    Method leader(Updaters updaters) {
        if (!groups.isEmpty()) {
            return groups.get(0).members().get(0).plan().method();
        }
        return shares.isEmpty()
                ? null
                : updaters.methodOf(shares.get(0).worker().getConfig());
    }

    NetworkStep step() {
        return new NetworkStep(shares, groups);
    }

    /** Ties DL4J's workers to their step. */
    void bind(NetworkStep step, Object owner) {
        shares.forEach(share -> share.worker().bind(step, owner));
    }

    private void add(UpdaterBlock updaterBlock, NaturalGradientWorker worker) {
        String name = worker.layout().layer();
        List<BlockPlan> plans = networkPlan.blocksNamed(name);
        List<BlockState> states = worker.state().blocks();
        if (plans.size() != states.size()) {
            throw new IllegalStateException(
                    "The network has no layer '" + name + "' with " + states.size() + " curvature blocks");
        }
        List<ParamState> parameters = updaterBlock.getLayersAndVariablesInBlock();
        List<ParameterMatrix> matrices = new ArrayList<>();
        for (int i = 0; i < plans.size(); i++) {
            BlockPlan plan = plans.get(i);
            ParameterMatrix matrix = new ParameterMatrix(
                    worker,
                    updaterBlock.getGradientView(),
                    states.get(i),
                    plan.segments(),
                    offsets(parameters, plan.slot()),
                    plan.method().momentum(),
                    solver);
            matrices.add(matrix);
            BlockContext context = new BlockContext(
                    plan.name(),
                    plan.shape(),
                    states.get(i),
                    scalars,
                    worker.hyperparameters().statistics().statisticsDecay(),
                    solver);
            Object key = plan.jointKey() == null ? context : plan.jointKey();
            members.computeIfAbsent(key, unknown -> new ArrayList<>())
                    .add(new Member(plan, context, worker, parameters, matrix));
        }
        shares.add(new CurvatureShare(
                worker,
                matrices,
                updaterBlock.getGradientView(),
                TensorPlaces.parametersOf(updaterBlock, networkParameters),
                (rate, iteration, epoch) -> BoundBlock.regularise(parameters, rate, iteration, epoch),
                rate -> plans.forEach(plan -> BoundBlock.decay(parameters, plan, rate)),
                plans.stream().anyMatch(plan -> plan.slot().isOutput())));
    }

    private void group(List<Member> together) {
        Member first = together.get(0);
        if (first.plan.kind() instanceof SingleKind type) {
            groups.add(CurvatureGroup.of(first.bound(type), first.matrix));
        } else {
            JointBlock joint = ((JointKind) first.plan.kind())
                    .create(together.stream().map(Member::context).toList());
            groups.add(CurvatureGroup.of(
                    joint,
                    together.stream().map(member -> member.bound(null)).toList(),
                    together.stream().map(Member::matrix).toList()));
        }
    }

    /**
     * Where a slot's parameter arrays begin in the worker's flat gradient. What the updater says of depthwise and separable
     * convolutions is wrong: it takes their weights to come first, but they lie behind the bias. So the arrays are asked themselves.
     */
    private static Map<String, Long> offsets(List<ParamState> parameters, LayerSlot slot) {
        long start = parameters.get(0).getParamView().offset();
        Map<String, Long> offsets = new HashMap<>();
        for (ParamState parameter : parameters) {
            if (parameter.getParamName().startsWith(slot.prefix())) {
                String own = parameter.getParamName().substring(slot.prefix().length());
                offsets.put(own, slot.layer().getParam(own).offset() - start);
            }
        }
        return offsets;
    }
}
