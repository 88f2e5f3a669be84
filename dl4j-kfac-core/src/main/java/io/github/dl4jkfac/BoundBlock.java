package io.github.dl4jkfac;

import io.github.dl4jkfac.curvature.BatchRows;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.BlockType;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.step.NaturalGradientWorker;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * A curvature block at work: the parameters it covers, and the worker that DL4J calls for them.
 *
 * @param plan what it covers
 * @param block the block
 * @param state what it keeps
 * @param worker DL4J's worker, which several blocks of a layer share
 * @param parameters all parameters of the worker
 */
record BoundBlock(
        BlockPlan plan,
        CurvatureBlock block,
        BlockState state,
        NaturalGradientWorker worker,
        List<ParamState> parameters) {

    BlockShape shape() {
        return plan.group().shape();
    }

    BlockType type() {
        return plan.type();
    }

    /** This block's rows among those of all slots. */
    BatchRows rowsAmong(Map<?, List<BatchRows>> rows) {
        return plan.part().of(rows.get(plan.slot()).get(plan.index()));
    }

    /** eta: the L2 coefficient of the weights, which is part of the objective's curvature (Martens and Grosse 2015, sec. 6.1). */
    double l2(int iteration, int epoch) {
        String first = plan.slot().prefix() + plan.group().segments().get(0).parameter();
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

    private static List<Regularization> terms(ParamState parameter) {
        List<Regularization> terms =
                parameter.getLayer().getConfig().getRegularizationByParam(parameter.getParamName());
        return terms == null ? List.of() : terms;
    }
}
