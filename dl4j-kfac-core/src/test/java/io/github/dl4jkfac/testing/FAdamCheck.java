package io.github.dl4jkfac.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.FAdam;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.capture.NamedLayer;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.step.FisherAdamReference;
import io.github.dl4jkfac.step.FisherAdamRule;
import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.TrainingConfig;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Compares FAdam's steps with the formulas, tensor by tensor, wherever DL4J has put the tensors. */
public final class FAdamCheck {

    private static final FisherAdamRule RULE = new FisherAdamRule(0.9, 0.99, 0.5, 0.7, 1e-8, 1e-8, 0.3);
    private static final double RATE = 0.1;

    private final Model model;
    private final Map<String, FisherAdamReference> references = new HashMap<>();
    private INDArray gradient;

    /** Attaches a network with the updater {@link #updater}. */
    public FAdamCheck(Model model) {
        this.model = model;
        KFacListener.attach(model);
        model.addListeners(new BaseTrainingListener() {
            @Override
            public void onBackwardPass(Model fitted) {
                gradient = NetworkView.of(fitted).gradient().dup();
            }
        });
    }

    public static FAdam updater() {
        return FAdam.builder()
                .learningRate(RATE)
                .beta2(RULE.beta2())
                .clip(RULE.clip())
                .weightDecay(RULE.weightDecay())
                .build();
    }

    /** How many tensors have been compared. */
    public int tensors() {
        return references.size();
    }

    /** One step of training, and what should have become of every tensor whose updater is FAdam. */
    public void step(MultiDataSet batch) {
        INDArray before = model.params().dup();
        TestNetworks.fit(model, batch);
        long samples = batch.getFeatures(0).size(0);
        for (NamedLayer named : NetworkView.of(model).layers()) {
            TrainingConfig conf = named.layer().getConfig();
            named.layer().paramTable(false).forEach((name, array) -> {
                if (conf.getUpdaterByParam(name) instanceof FAdam && !conf.isPretrainParam(name)) {
                    compare(named.name() + "_" + name, array, before, samples);
                }
            });
        }
    }

    private void compare(String name, INDArray array, INDArray before, long samples) {
        long start = array.offset() - model.params().offset();
        double[] theta = part(before, start, array.length());
        double[] g = part(gradient, start, array.length());
        for (int i = 0; i < g.length; i++) {
            g[i] /= samples;
        }
        double[] direction = references
                .computeIfAbsent(name, key -> new FisherAdamReference(RULE, g.length))
                .direction(g, theta);
        double[] after = part(model.params(), start, array.length());
        for (int i = 0; i < theta.length; i++) {
            assertThat(after[i]).as("%s[%d]", name, i).isCloseTo(theta[i] - RATE * direction[i], within(1e-9));
        }
    }

    private static double[] part(INDArray flat, long start, long length) {
        return flat.reshape(new long[] {flat.length()})
                .get(NDArrayIndex.interval(start, start + length))
                .toDoubleVector();
    }
}
