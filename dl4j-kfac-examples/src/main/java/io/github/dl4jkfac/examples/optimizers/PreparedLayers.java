package io.github.dl4jkfac.examples.optimizers;

import io.github.dl4jkfac.examples.failures.UserError;
import java.util.List;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.regularization.WeightDecay;
import org.nd4j.linalg.schedule.ISchedule;

/** What optimizers change in the layers of a new network, which an updater alone cannot say. */
final class PreparedLayers {

    private static final String WEIGHTS = "W";
    private static final Set<String> WEIGHTS_AND_BIAS = Set.of(WEIGHTS, "b");

    private PreparedLayers() {}

    /** Gives every layer the weight decay of its {@link AdamW}. */
    static void decayWeights(Model model) {
        for (Layer layer : layers(model)) {
            if (layer.conf().getLayer() instanceof BaseLayer base && base.getIUpdater() instanceof AdamW adam) {
                base.setRegularization(List.of(new WeightDecay(adam.weightDecay(), true)));
            }
        }
    }

    /**
     * Gives each matrix of weights its own {@link Muon}, and Adam to all other parameters, as Jordan (2024) does.
     *
     * @throws UserError if a layer has more than one matrix of weights
     */
    static void orthogonalise(Model model) {
        if (!(model instanceof MultiLayerNetwork network)) {
            throw noLayer("a graph");
        }
        for (Layer layer : network.getLayers()) {
            Set<String> parameters = layer.paramTable().keySet();
            INDArray weights = layer.paramTable().get(WEIGHTS);
            if (parameters.isEmpty()) {
                continue;
            }
            if (!(layer.conf().getLayer() instanceof BaseLayer base)
                    || weights != null && !WEIGHTS_AND_BIAS.containsAll(parameters)) {
                throw noLayer("a layer of the type "
                        + layer.conf().getLayer().getClass().getSimpleName());
            }
            Muon muon = (Muon) base.getIUpdater();
            Adam adam = new Adam(ratesOfAdam(muon));
            base.setIUpdater(weights == null ? adam : muon.of(weights));
            base.setBiasUpdater(adam);
        }
        network.setUpdater(null); // made anew from the configuration
    }

    private static UserError noLayer(String got) {
        return new UserError("muon trains dense, convolutional and normalising layers, and this network is or has "
                + got + "; use another optimizer for this problem");
    }

    private static Layer[] layers(Model model) {
        return model instanceof MultiLayerNetwork network
                ? network.getLayers()
                : ((ComputationGraph) model).getLayers();
    }

    /** Adam's default rate, which falls with Muon's. */
    private static ISchedule ratesOfAdam(Muon muon) {
        return (muon.rate() instanceof LinearDecay ? Schedule.LINEAR : Schedule.CONSTANT)
                .from(Adam.DEFAULT_ADAM_LEARNING_RATE);
    }
}
