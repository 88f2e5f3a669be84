package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.capture.layers.Samples;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer with curvature blocks: which of its parameters they cover, and what one backward pass says about each. */
public abstract class LayerSlot {

    /**
     * How much of a batch goes where.
     *
     * @param wanted how many samples enter the statistics
     * @param pass how many a second pass is made of, where a slot goes through it by itself
     * @param batch how many there are
     */
    record PassSamples(long wanted, long pass, long batch) {}

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

    /** {@return whether the layer's outputs are the network's} */
    public final boolean isOutput() {
        return layer instanceof IOutputLayer;
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
     * @param samples how many samples of the batch enter the statistics, and how many the second pass is made of
     */
    abstract void arm(DerivativeSource source, PassSamples samples);

    /** Ends the recording; what has been recorded stays. */
    abstract void disarm();

    /** Whether DL4J's own backward pass has come through. */
    abstract boolean isComplete();

    /** A second pass begins, perhaps not the first of its kind: what comes now counts, and takes the place of what came before. */
    abstract void secondPass();

    /** Whether it goes through a second pass by itself, so that DL4J's own backward pass does not have to. */
    boolean passesByItself() {
        return false;
    }

    /** Whether it goes through a second pass by itself even if that is made of a part of the batch. */
    boolean carriesPartOfBatch() {
        return false;
    }

    /**
     * Goes through a second pass by itself, and keeps the derivatives that it sees.
     *
     * @param epsilon derivatives at the layer's output; null for an output layer
     * @param further whether those at its input are wanted
     * @param pass what the outputs send, and where arrays live
     * @return derivatives at the layer's input; null unless wanted
     * @throws UnsupportedOperationException if it does not
     */
    INDArray backward(INDArray epsilon, boolean further, SecondPass pass) {
        throw new UnsupportedOperationException(name + " leaves the second pass to DL4J");
    }

    /**
     * Is told what a second pass brings that goes on by DL4J's own.
     *
     * @param epsilon derivatives at the layer's output; null for an output layer
     */
    void output(INDArray epsilon) {
        // most are told by their taps
    }

    /**
     * Multiplies each sample's derivatives by a number of its own.
     *
     * @param scale [N,1]
     */
    abstract void scale(INDArray scale);

    /** Rows of each group, from what has been recorded last. */
    abstract List<BatchRows> rows(Samples samples);
}
