package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.capture.layers.Samples;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer with curvature blocks: which of its parameters they cover, and what one backward pass says about each. */
public abstract class LayerSlot {

    private final String name;
    private final String prefix;
    private final Layer layer;
    private final List<ParameterGroup> groups;

    /**
     * @param prefix what DL4J puts before the layer's parameter keys, where the layer is a part of another one
     * @param groups as matrices with their biases
     */
    LayerSlot(String name, String prefix, Layer layer, List<ParameterGroup> groups) {
        this.name = name;
        this.prefix = prefix;
        this.layer = layer;
        this.groups = groups;
    }

    /** {@return the layer's name in its network} */
    public final String name() {
        return name;
    }

    /** {@return the live layer; where the network's layer is a wrapper, the one inside} */
    public final Layer layer() {
        return layer;
    }

    /** {@return what DL4J puts before the layer's parameter keys; empty unless the layer is a part of another one} */
    public final String prefix() {
        return prefix;
    }

    /** {@return the parameters that have a block each} */
    public final List<ParameterGroup> groups() {
        return groups;
    }

    /**
     * Begins to record.
     *
     * @param source where the derivatives come from
     * @param wanted how many samples of the batch enter the statistics
     * @param batch how many samples there are
     */
    abstract void arm(DerivativeSource source, long wanted, long batch);

    /** Ends the recording; what has been recorded stays. */
    abstract void disarm();

    /** Whether DL4J's own backward pass has come through. */
    abstract boolean isComplete();

    /** A second pass begins, perhaps not the first of its kind: what comes now counts, and takes the place of what came before. */
    abstract void secondPass();

    /**
     * Multiplies each sample's derivatives by a number of its own.
     *
     * @param scale [N,1]
     */
    abstract void scale(INDArray scale);

    /** Rows of each group, from what has been recorded last. */
    abstract List<BatchRows> rows(Samples samples);
}
