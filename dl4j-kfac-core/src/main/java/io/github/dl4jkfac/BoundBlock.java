package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.step.NaturalGradientWorker;
import java.util.List;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * A layer, its curvature block and the worker that DL4J calls for it.
 *
 * @param parameters the parameters that the block covers: W, or W and b
 */
record BoundBlock(LayerSlot slot, CurvatureBlock block, NaturalGradientWorker worker, List<ParamState> parameters) {

    /** Adds L1 and L2 to DL4J's gradient view, as DL4J does right before it calls the worker. */
    void regularise(double learningRate, int iteration, int epoch) {
        for (ParamState parameter : parameters) {
            for (Regularization term : terms(parameter)) {
                if (term.applyStep() == Regularization.ApplyStep.BEFORE_UPDATER) {
                    term.apply(parameter.getParamView(), parameter.getGradView(), learningRate, iteration, epoch);
                }
            }
        }
    }

    /** eta: the L2 coefficient of the weights, which is part of the objective's curvature (Martens and Grosse 2015, sec. 6.1). */
    double l2(int iteration, int epoch) {
        return terms(parameters.get(0)).stream()
                .filter(L2Regularization.class::isInstance)
                .mapToDouble(term -> ((L2Regularization) term).getL2().valueAt(iteration, epoch))
                .sum();
    }

    private static List<Regularization> terms(ParamState parameter) {
        List<Regularization> terms =
                parameter.getLayer().getConfig().getRegularizationByParam(parameter.getParamName());
        return terms == null ? List.of() : terms;
    }
}
