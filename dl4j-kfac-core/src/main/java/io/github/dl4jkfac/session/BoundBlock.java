package io.github.dl4jkfac.session;

import io.github.dl4jkfac.curvature.BlockKind;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.plan.BlockPlan;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.step.NaturalGradientWorker;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * Parameters with a curvature block at work, and the worker that DL4J calls for them.
 *
 * @param plan what it covers
 * @param block its own curvature block; null for a member of a joint one
 * @param state what it keeps
 * @param worker DL4J's worker, which several blocks of a layer share
 * @param parameters all parameters of the worker
 */
public record BoundBlock(
        BlockPlan plan,
        CurvatureBlock block,
        BlockState state,
        NaturalGradientWorker worker,
        List<ParamState> parameters) {

    /** {@return the matrix that the parameters form} */
    public BlockShape shape() {
        return plan.shape();
    }

    /** {@return the kind of curvature} */
    public BlockKind kind() {
        return plan.kind();
    }

    /** This block's rows among those of all slots. */
    BatchRows rowsAmong(Map<?, List<BatchRows>> rows) {
        return plan.part().of(rows.get(plan.slot()).get(plan.index()));
    }

    /** eta: the L2 coefficient of the weights, which is part of the objective's curvature (Martens and Grosse 2015, sec. 6.1). */
    double l2(int iteration, int epoch) {
        String first = plan.slot().prefix() + plan.segments().get(0).parameter();
        return parameters.stream()
                .filter(parameter -> parameter.getParamName().equals(first))
                .flatMap(parameter -> terms(parameter).stream())
                .filter(L2Regularization.class::isInstance)
                .mapToDouble(term -> ((L2Regularization) term).getL2().valueAt(iteration, epoch))
                .sum();
    }

    /** Adds L1 and L2 to DL4J's gradient view, as DL4J does right before it calls the worker. */
    static void regularise(List<ParamState> parameters, double learningRate, int iteration, int epoch) {
        for (ParamState parameter : parameters) {
            for (Regularization term : terms(parameter)) {
                if (term.applyStep() == Regularization.ApplyStep.BEFORE_UPDATER) {
                    term.apply(parameter.getParamView(), parameter.getGradView(), learningRate, iteration, epoch);
                }
            }
        }
    }

    /** Adds an updater's own weight decay, alpha lambda theta, to DL4J's gradient view when that holds the update. */
    static void decay(List<ParamState> parameters, BlockPlan plan, double learningRate) {
        double coefficient = learningRate * plan.method().weightDecay();
        if (coefficient == 0) {
            return;
        }
        Set<String> own = plan.segments().stream()
                .map(segment -> plan.slot().prefix() + segment.parameter())
                .collect(Collectors.toSet());
        for (ParamState parameter : parameters) {
            if (own.contains(parameter.getParamName())) {
                INDArray view = parameter.getParamView();
                Nd4j.getBlasWrapper().level1().axpy(view.length(), coefficient, view, parameter.getGradView());
            }
        }
    }

    /**
     * The damping of the block.
     *
     * @param toMeans factor that turns what DL4J minimises into a mean over the batch
     * @param factor of the damping without what comes from L2
     */
    double damping(int iteration, int epoch, double toMeans, double factor) {
        double damping = factor * worker.hyperparameters().dampingAt(iteration, epoch);
        return plan.method().isInUnitsOfObjective() ? damping + l2(iteration, epoch) * toMeans : damping;
    }

    private static List<Regularization> terms(ParamState parameter) {
        List<Regularization> terms =
                parameter.getLayer().getConfig().getRegularizationByParam(parameter.getParamName());
        return terms == null ? List.of() : terms;
    }
}
