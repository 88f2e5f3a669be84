package io.github.dl4jkfac.examples.optimizers;

import io.github.dl4jkfac.examples.failures.UserError;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.ISchedule;

/** Gives each matrix of weights in a network its own {@link Muon}, and Adam to all other parameters, as Jordan (2024) does. */
final class MuonLayers {

    private static final String WEIGHTS = "W";

    private MuonLayers() {}

    /**
     * @param model a new network of dense layers that was configured with Muon; its configuration is changed
     * @throws UserError if a layer has other parameters than a matrix of weights and a bias
     */
    static void prepare(Model model) {
        if (!(model instanceof MultiLayerNetwork network)) {
            throw new UserError("muon trains networks of dense layers only; use another optimizer for this problem");
        }
        for (Layer layer : network.getLayers()) {
            INDArray weights = layer.paramTable().get(WEIGHTS);
            if (layer.conf().getLayer() instanceof BaseLayer base && weights != null && weights.rank() == 2) {
                Muon muon = (Muon) base.getIUpdater();
                base.setIUpdater(muon.of(weights.size(0), weights.size(1)));
                base.setBiasUpdater(new Adam(ratesOfAdam(muon)));
            } else if (layer.numParams() > 0) {
                throw new UserError(
                        "muon trains networks of dense layers only; use another optimizer for this problem");
            }
        }
        network.setUpdater(null); // made anew from the configuration
    }

    /** Adam's default rate, which falls with Muon's. */
    private static ISchedule ratesOfAdam(Muon muon) {
        return (muon.rate() instanceof LinearDecay ? Schedule.LINEAR : Schedule.CONSTANT)
                .from(Adam.DEFAULT_ADAM_LEARNING_RATE);
    }
}
