package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.curvature.BatchRows;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.weightnoise.IWeightNoise;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
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
    private long wanted;
    private boolean armed;

    /**
     * Creates a capture, disarmed.
     *
     * @param network the network whose backward passes are recorded
     */
    public BatchCapture(NetworkView network) {
        this.network = network;
        for (NetworkView.NamedLayer named : network.layers()) {
            Parts.of(named.layer()).forEach(this::addNoise);
        }
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
        boolean wholeBatch = source == DerivativeSource.MODEL_TARGETS && !network.passesDenseSlotsOnly();
        long pass = wholeBatch ? batch : wanted;
        network.heads().forEach(head -> head.arm(source, pass, batch));
        network.slots().forEach(slot -> slot.arm(source, slot instanceof DenseSlot ? pass : wanted, batch));
        if (source == DerivativeSource.MODEL_TARGETS) {
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
                && network.heads().stream().allMatch(LayerCapture::isComplete);
    }

    /**
     * Completes the derivatives of every slot: with {@link DerivativeSource#MODEL_TARGETS} by the second backward pass, with {@link
     * DerivativeSource#SCALED_TRUE_LABELS} by the scaling. To be called while armed, in an active workspace or none.
     *
     * @param random the stream that draws targets; used with {@link DerivativeSource#MODEL_TARGETS} only
     */
    public void complete(Random random) {
        if (source == DerivativeSource.MODEL_TARGETS) {
            network.slots().forEach(LayerSlot::secondPass);
            network.sampledBackward(random);
        } else if (source == DerivativeSource.SCALED_TRUE_LABELS) {
            INDArray scale = inverseOutputNorms();
            network.slots().forEach(slot -> slot.scale(scale));
        }
    }

    /** 1 / |dL_n/dz_out| over all outputs, [N,1] (Wu et al. 2024, eq. 43). */
    private INDArray inverseOutputNorms() {
        INDArray squared = null;
        for (OutputHead head : network.heads()) {
            INDArray norms = head.squaredNorms(wanted);
            squared = squared == null ? norms : squared.addi(norms);
        }
        return Transforms.pow(Transforms.max(squared, SMALLEST_SQUARED_NORM), -0.5, false);
    }

    /**
     * Makes the rows of every slot. To be called after {@link #complete}; the arrays are valid until the step ends, and as long as
     * the active workspace.
     *
     * @return for each slot that derivatives have reached the rows of each of its groups
     */
    public Map<LayerSlot, List<BatchRows>> rows() {
        Samples samples = new Samples(wanted, activeSamples());
        Map<LayerSlot, List<BatchRows>> rows = new IdentityHashMap<>();
        network.slots().stream().filter(LayerSlot::isComplete).forEach(slot -> rows.put(slot, slot.rows(samples)));
        return rows;
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
