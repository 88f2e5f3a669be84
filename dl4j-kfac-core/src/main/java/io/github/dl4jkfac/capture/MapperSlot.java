package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.capture.layers.ParameterType;
import io.github.dl4jkfac.capture.layers.RowMapper;
import io.github.dl4jkfac.capture.layers.RowOrder;
import io.github.dl4jkfac.capture.layers.Samples;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer whose rows a {@link RowMapper} makes. DL4J's own backward pass goes through it a second time if there is a second pass. */
class MapperSlot extends LayerSlot implements Recording {

    private final RowMapper mapper;
    private final LayerPlace place;
    private final OutputHead head;
    private final RecordedDerivatives recorded;
    private final RecordedDerivatives recordedInputs;

    private boolean active;
    private boolean counts;
    private long wanted;
    private long batch;
    private INDArray inputs;
    private INDArray inputsOfForwardPass;
    private EpsilonTap epsilonTap;

    /**
     * @param groups the parameters that the mapper makes rows for
     * @param place where the network keeps the layer; null if it is a part of another one
     * @param head the output of which this is the layer, or null for a hidden layer
     */
    MapperSlot(
            String name,
            String prefix,
            Layer layer,
            List<ParameterGroup> groups,
            RowMapper mapper,
            LayerPlace place,
            OutputHead head) {
        super(name, prefix, layer, groups);
        this.mapper = mapper;
        this.place = place;
        this.head = head;
        this.recorded = new RecordedDerivatives(ParameterType.of(layer));
        this.recordedInputs = new RecordedDerivatives(ParameterType.of(layer));
    }

    @Override
    void arm(DerivativeSource source, PassSamples samples) {
        active = true;
        counts = !source.needsSecondPass();
        wanted = samples.wanted();
        batch = samples.batch();
        inputs = null;
        inputsOfForwardPass = layer().input();
        recorded.clear();
        if (head != null) {
            head.alsoTell(this);
        } else if (mapper.site() == RowMapper.Site.PRE_ACTIVATION) {
            setActivation(new ActivationTap(untapped(), this));
        } else if (counts) {
            epsilonTap = new EpsilonTap(place.layer(), this::output);
            place.put(epsilonTap);
        }
    }

    @Override
    void disarm() {
        active = false;
        inputsOfForwardPass = null;
        if (head != null) {
            head.alsoTell(null);
        } else if (mapper.site() == RowMapper.Site.PRE_ACTIVATION) {
            setActivation(untapped());
        } else if (epsilonTap != null) {
            place.put(epsilonTap.getUnderlying());
            epsilonTap = null;
        }
    }

    private BaseLayer conf() {
        return (BaseLayer) layer().conf().getLayer();
    }

    private IActivation untapped() {
        return RecordingTap.without(conf().getActivationFn(), this);
    }

    private void setActivation(IActivation activation) {
        BaseLayer conf = conf();
        synchronized (conf) {
            conf.setActivationFn(activation);
        }
    }

    @Override
    boolean isComplete() {
        return !counts || recorded.isThere();
    }

    @Override
    void secondPass() {
        counts = true;
        recorded.clear();
        if (head == null && layer().input() != inputsOfForwardPass) {
            // replaced in the backward pass, by an array that does not outlive it
            LayerInputs.set(layer(), inputsOfForwardPass);
        }
    }

    @Override
    public boolean isActive() {
        return active;
    }

    @Override
    public void preActivation(INDArray z) { // an output layer's inputs last no longer than its own pass
        if (!counts) {
            return;
        }
        inputs = layer().input();
        if (head != null) {
            recordedInputs.copy(mapper.columnsFirst(layer(), inputs, batch), wanted);
            inputs = recordedInputs.matrix();
        }
    }

    @Override
    public void derivative(INDArray delta) {
        if (counts) {
            INDArray columnsFirst = mapper.columnsFirst(layer(), delta, batch * parts());
            recorded.copy(RowOrder.unstacked(columnsFirst, 1, parts()), wanted * parts());
        }
    }

    /**
     * How many inputs the layer has for each sample of the batch: several, where a graph stacks them. Matrices are in the order of
     * steps then, which mappers know.
     */
    private int parts() {
        return head == null && inputs.rank() > 2 ? (int) Math.max(1, inputs.size(0) / batch) : 1;
    }

    @Override
    void output(INDArray epsilon) {
        if (mapper.site() == RowMapper.Site.OUTPUT) {
            preActivation(null);
            derivative(epsilon);
        }
    }

    @Override
    void scale(INDArray scale) {
        recorded.scale(new Samples(wanted, scale).inParts(parts()).active());
    }

    @Override
    List<BatchRows> rows(Samples samples) {
        int parts = parts();
        return mapper
                .rows(layer(), RowOrder.unstacked(inputs, 0, parts), recorded.matrix(), samples.inParts(parts))
                .stream()
                .map(rows -> parts == 1 ? rows : rows.joined(parts))
                .toList();
    }
}
