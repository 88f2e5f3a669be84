package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.capture.layers.Samples;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.weightnoise.IWeightNoise;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Records one backward pass of a network and turns it into rows. Between {@link #arm} and {@link #disarm} taps stand in the layers'
 * configurations; outside of that the configurations are the user's own, so nothing of this is seen by JSON, savers or clones.
 */
public final class BatchCapture {

    /** Keeps g / sqrt(s) finite where a sample is fitted perfectly and s = |dL/dz_out|^2 vanishes. */
    private static final double SMALLEST_SQUARED_NORM = 1e-10;

    private final NetworkView network;
    private final List<Layer> withDropout = new ArrayList<>();
    private final List<BaseLayer<?>> withNoise = new ArrayList<>();
    private DerivativeSource source;
    private Map<LayerSlot, List<BatchRows>> rowsOfColumns;
    private long wanted;
    private boolean armed;

    /**
     * Creates a capture, disarmed.
     *
     * @param network the network whose backward passes are recorded
     */
    public BatchCapture(NetworkView network) {
        this.network = network;
        for (NamedLayer named : network.layers()) {
            WrappedLayers.of(named.layer()).forEach(this::addNoise);
        }
        network.heads().forEach(head -> head.whenFailed(this::disarm));
    }

    private void addNoise(org.deeplearning4j.nn.api.Layer part) {
        Layer conf = part.conf().getLayer();
        if (conf.getIDropout() != null) {
            withDropout.add(conf);
        }
        if (part instanceof BaseLayer<?> layer && layer.layerConf().getWeightNoise() != null) {
            withNoise.add(layer);
        }
    }

    /**
     * Begins to record. To be called after the forward pass and before the backward pass.
     *
     * @param derivatives where the derivatives come from
     * @param fraction share of the batch that enters the statistics, in (0,1]
     */
    public void arm(DerivativeSource derivatives, double fraction) {
        disarm();
        armed = true;
        source = derivatives;
        long batch = network.batchSize();
        wanted = (long) Math.ceil(fraction * batch);
        boolean wholeBatch = source.needsSecondPass() && !network.carriesPartOfBatch();
        long pass = wholeBatch ? batch : wanted;
        LayerSlot.PassSamples samples = new LayerSlot.PassSamples(wanted, pass, batch);
        network.heads().forEach(head -> head.arm(source, pass, batch));
        network.slots().forEach(slot -> slot.arm(source, samples));
        if (source.needsSecondPass()) {
            withDropout.forEach(conf -> conf.setIDropout(new DropoutTap(Tap.unwrap(conf.getIDropout()))));
            withNoise.forEach(layer -> setNoise(layer, new WeightNoiseTap(noise(layer), layer)));
        }
    }

    /** {@return whether a pass is being recorded} */
    public boolean isArmed() {
        return armed;
    }

    /** Takes all taps out; nothing happens if there are none. */
    public void disarm() {
        if (armed) {
            armed = false;
            rowsOfColumns = null;
            network.heads().forEach(OutputHead::disarm);
            network.slots().forEach(LayerSlot::disarm);
            withDropout.forEach(conf -> conf.setIDropout(Tap.unwrap(conf.getIDropout())));
            withNoise.forEach(layer -> setNoise(layer, noise(layer)));
        }
    }

    private static IWeightNoise noise(BaseLayer<?> layer) {
        return Tap.unwrap(layer.layerConf().getWeightNoise());
    }

    private static void setNoise(BaseLayer<?> layer, IWeightNoise noise) {
        layer.layerConf().setWeightNoise(noise);
    }

    /** {@return whether the backward pass has gone through all slots and outputs} */
    public boolean isComplete() {
        return network.slots().stream().allMatch(LayerSlot::isComplete)
                && network.heads().stream().allMatch(LayerRecording::isComplete);
    }

    /**
     * Counts in advance. To be called after the backward pass, while armed.
     *
     * @return how many samples the rows will stand for: N, or N times the number of all outputs with {@link DerivativeSource#EXACT}
     */
    public long samplesOfRows() {
        return source == DerivativeSource.EXACT
                ? wanted
                        * network.heads().stream()
                                .mapToLong(OutputHead::outputs)
                                .sum()
                : wanted;
    }

    /**
     * Completes the derivatives of every slot: by second backward passes where the source needs them, with {@link
     * DerivativeSource#SCALED_TRUE_LABELS} by the scaling. To be called while armed, in an active workspace or none; what it makes lives
     * there.
     *
     * @param random the stream that draws targets or signs; used where there are second passes only
     */
    public void complete(Random random) {
        switch (source) {
            case MODEL_TARGETS -> network.secondPass(OutputSignal.ofDrawnTargets(random));
            case RANDOM_SIGNS -> network.secondPass(OutputSignal.ofRandomSigns(random));
            case EXACT -> rowsOfColumns = new ColumnPasses(network, samples(), random).run();
            case SCALED_TRUE_LABELS -> scaleByOutputNorms();
            case TRUE_LABELS -> {
                // DL4J's own pass has told all
            }
        }
    }

    /** Divides each sample's derivatives by |dL_n/dz_out| (Wu et al. 2024, eq. 43). */
    private void scaleByOutputNorms() {
        INDArray scale = Transforms.pow(squaredOutputNorms(), -0.5, false);
        network.slots().forEach(slot -> slot.scale(scale));
    }

    /**
     * The squared norms of the derivatives at the outputs' pre-activations, s_n = |dL_n/dz_out|^2, over all outputs and, of
     * sequences and images, all positions (Wu et al. 2024, eq. 8). To be called after the backward pass, while armed.
     *
     * @return column [N,1] of the samples that enter the statistics, no number below 1e-10; a new array. All ones if there is an
     *     output whose loss cannot be seen
     * @throws IllegalStateException if the source has a second pass: then DL4J's derivatives are not recorded
     */
    public INDArray squaredOutputNorms() {
        if (source.needsSecondPass()) {
            throw new IllegalStateException("With " + source + " the derivatives at the true labels are not recorded");
        }
        if (!network.hasHeadsOnly()) {
            return Nd4j.ones(network.gradient().dataType(), wanted, 1);
        }
        INDArray squared = null;
        for (OutputHead head : network.heads()) {
            INDArray norms = head.squaredNorms(wanted);
            squared = squared == null ? norms : squared.addi(norms);
        }
        return Transforms.max(squared, SMALLEST_SQUARED_NORM);
    }

    /**
     * Makes the rows of every slot. To be called after {@link #complete}; the arrays are valid until the step ends, and as long as
     * the active workspace.
     *
     * @return for each slot that derivatives have reached the rows of each of its groups
     */
    public Map<LayerSlot, List<BatchRows>> rows() {
        return rowsOfColumns == null ? network.rows(samples()) : rowsOfColumns;
    }

    private Samples samples() {
        return new Samples(wanted, activeSamples());
    }

    /** A column [N,1]: one for each sample that some output's label mask leaves in; null if an output has no mask. */
    private INDArray activeSamples() {
        INDArray active = null;
        if (!network.hasHeadsOnly()) {
            return null;
        }
        for (OutputHead head : network.heads()) {
            INDArray some = head.activeSamples(wanted);
            if (some == null) {
                return null;
            }
            active = active == null ? some : Transforms.max(active, some);
        }
        return active;
    }
}
