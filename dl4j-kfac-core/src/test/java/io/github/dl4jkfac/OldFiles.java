package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.step.NaturalGradientWorker;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.UpdaterBlock;

/** Networks as the first version of the state's layout has left them. */
final class OldFiles {

    private OldFiles() {}

    /** A copy of an attached network with parameters, counters and state, whose layouts have no version. */
    static Model withoutVersions(Model model) {
        String json = Fixtures.json(model).replaceAll(",\\s*\"version\"\\s*:\\s*1", "");
        Model old;
        if (model instanceof MultiLayerNetwork) {
            old = new MultiLayerNetwork(MultiLayerConfiguration.fromJson(json));
        } else {
            old = new ComputationGraph(ComputationGraphConfiguration.fromJson(json));
        }
        old.init();
        old.setParams(model.params().dup());
        List<UpdaterBlock> from = NetworkView.of(model).updater().getUpdaterBlocks();
        List<UpdaterBlock> to = NetworkView.of(old).updater().getUpdaterBlocks();
        for (int i = 0; i < from.size(); i++) {
            if (from.get(i).getGradientUpdater() instanceof NaturalGradientWorker worker) {
                ((NaturalGradientWorker) to.get(i).getGradientUpdater()).inherit(worker);
            } else if (from.get(i).getUpdaterView() != null) {
                to.get(i).getUpdaterView().assign(from.get(i).getUpdaterView());
            }
        }
        return old;
    }
}
