package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.curvature.BatchRows;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.Layer;
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
    private DerivativeSource source;
    private long rows;
    private boolean armed;

    /**
     * Creates a capture, disarmed.
     *
     * @param network the network whose backward passes are recorded
     */
    public BatchCapture(NetworkView network) {
        this.network = network;
        for (NetworkView.NamedLayer named : network.layers()) {
            Layer conf = named.layer().conf().getLayer();
            if (conf.getIDropout() != null) {
                withDropout.add(conf);
            }
        }
    }

    /**
     * Begins to record. To be called after the forward pass and before the backward pass.
     *
     * @param derivatives where the derivatives come from
     * @param fraction share of the batch that is wanted, in (0,1]
     */
    public void arm(DerivativeSource derivatives, double fraction) {
        disarm();
        armed = true;
        source = derivatives;
        boolean wholeBatch = source == DerivativeSource.MODEL_TARGETS && !network.passesSlotsOnly();
        int batch = network.batchSize();
        rows = wholeBatch ? batch : (long) Math.ceil(fraction * batch);
        network.heads().forEach(head -> head.arm(source, rows, batch));
        network.slots().forEach(slot -> slot.arm(source, rows, batch));
        if (source == DerivativeSource.MODEL_TARGETS) {
            withDropout.forEach(conf -> conf.setIDropout(new DropoutTap(Tap.unwrap(conf.getIDropout()))));
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
        }
    }

    /** {@return whether the backward pass has gone through all slots and outputs} */
    public boolean isComplete() {
        return network.slots().stream().allMatch(slot -> slot.capture().isComplete())
                && network.heads().stream().allMatch(LayerCapture::isComplete);
    }

    /**
     * Derivatives of every slot. With {@link DerivativeSource#MODEL_TARGETS} this runs the second backward pass. To be called while
     * armed, in an active workspace or none; the arrays are valid as long as that workspace.
     *
     * @param random the stream that draws targets; used with {@link DerivativeSource#MODEL_TARGETS} only
     * @return for each slot the derivatives of the per-sample losses, never divided by the batch size, with respect to its
     *     pre-activations, [rows,nOut]; scaled sample by sample with {@link DerivativeSource#SCALED_TRUE_LABELS}
     * @throws IllegalStateException if they are to be scaled and a slot's rows are not samples
     */
    public Map<LayerSlot, INDArray> derivatives(Random random) {
        if (source == DerivativeSource.MODEL_TARGETS) {
            return network.sampledBackward(random);
        }
        INDArray scale = source == DerivativeSource.SCALED_TRUE_LABELS ? inverseOutputNorms() : null;
        Map<LayerSlot, INDArray> derivatives = new IdentityHashMap<>();
        for (LayerSlot slot : network.slots()) {
            INDArray delta = slot.masked(slot.capture().recorded());
            derivatives.put(slot, scale == null ? delta : scaled(slot, delta, scale));
        }
        return derivatives;
    }

    private static INDArray scaled(LayerSlot slot, INDArray delta, INDArray scale) {
        if (delta.size(0) != scale.size(0)) {
            throw new IllegalStateException("KFac: layer '" + slot.name() + "' has " + delta.size(0) + " rows for "
                    + scale.size(0) + " samples, so they cannot be scaled one by one. Use Curvature.EMPIRICAL_FISHER.");
        }
        return delta.muliColumnVector(scale);
    }

    /** 1 / |dL_n/dz_out| over all outputs, [rows,1] (Wu et al. 2024, eq. 43). */
    private INDArray inverseOutputNorms() {
        INDArray squared = null;
        for (OutputHead head : network.heads()) {
            INDArray delta = head.recorded();
            INDArray norms = delta.mul(delta).sum(true, 1);
            squared = squared == null ? norms : squared.addi(norms);
        }
        return Transforms.pow(Transforms.max(squared, SMALLEST_SQUARED_NORM), -0.5, false);
    }

    /**
     * Puts one slot's rows together.
     *
     * @param slot the slot
     * @param derivative the slot's derivatives from {@link #derivatives}, [rows,nOut]
     * @param active from {@link #activeRows}
     * @return the rows; the derivatives are not copied, the inputs only if they are of another type
     */
    public BatchRows rows(LayerSlot slot, INDArray derivative, INDArray active) {
        INDArray inputs = slot.capture().inputs();
        boolean perSample = derivative.size(0) == rows;
        INDArray weights = perSample ? active : null;
        double count =
                weights == null ? derivative.size(0) : weights.sumNumber().doubleValue();
        return new BatchRows(inputs, derivative, weights, count, perSample ? rows : network.batchSize());
    }

    /** {@return a column [rows,1]: one for each sample that some output's label mask leaves in; null if an output has no mask} */
    public INDArray activeRows() {
        INDArray active = null;
        for (OutputHead head : network.heads()) {
            INDArray mask = head.mask();
            if (mask == null) {
                return null;
            }
            INDArray some = mask.max(true, 1).gt(0).castTo(head.recorded().dataType());
            active = active == null ? some : Transforms.max(active, some);
        }
        return active;
    }
}
