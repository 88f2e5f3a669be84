package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.capture.layers.RowOrder;
import io.github.dl4jkfac.capture.layers.Samples;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.AbstractLSTM;
import org.deeplearning4j.nn.layers.recurrent.BaseRecurrentLayer;
import org.deeplearning4j.nn.layers.recurrent.GravesLSTM;
import org.deeplearning4j.nn.layers.recurrent.LSTM;
import org.deeplearning4j.nn.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.params.LSTMParamInitializer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * SimpleRnn, LSTM and GravesLSTM. At every step, z = [x_t, h_(t-1), 1] [W; RW; b] (Martens, Ba, Johnson 2018): one group, whose rows
 * are steps. The peepholes of GravesLSTM, which act unit by unit, are a second one.
 *
 * <p>Taps stand in the layer's activation functions, and so see derivatives that DL4J keeps to itself. With one in its place, DL4J
 * takes the derivative of sigmoid gates from the function instead of a shortcut of its own: the same up to rounding.
 */
final class RecurrentSlot extends LayerSlot {

    // the same in all three types
    private static final String W = LSTMParamInitializer.INPUT_WEIGHT_KEY;
    private static final String RW = LSTMParamInitializer.RECURRENT_WEIGHT_KEY;
    private static final String B = LSTMParamInitializer.BIAS_KEY;

    private final BaseRecurrentLayer<?> layer;
    private final RecurrentRecord record;
    private final TimeStepRows inputs = new TimeStepRows();
    private final ActiveTimeSteps activeSteps = new ActiveTimeSteps();
    private final Recording ofActivation = new TapRecording(false);
    private final Recording ofGates = new TapRecording(true);

    private boolean active;
    private boolean counts;
    private long wanted;
    private INDArray mask;

    private RecurrentSlot(String name, String prefix, BaseRecurrentLayer<?> layer, RecurrentRecord record) {
        super(name, prefix, layer, groups(layer));
        this.layer = layer;
        this.record = record;
    }

    /**
     * @param prefix what DL4J puts before the layer's parameter keys, where the layer is a part of another one
     * @return null for any other layer
     */
    static RecurrentSlot of(String name, String prefix, Layer layer) {
        RecurrentRecord record = record(layer);
        return record == null ? null : new RecurrentSlot(name, prefix, (BaseRecurrentLayer<?>) layer, record);
    }

    private static RecurrentRecord record(Layer layer) {
        if (layer.getClass() == SimpleRnn.class && !((SimpleRnn) layer).hasLayerNorm()) {
            return new SimpleRnnRecord(units(layer));
        }
        boolean peepholes = layer.getClass() == GravesLSTM.class;
        return peepholes || layer.getClass() == LSTM.class ? new LstmRecord(units(layer), peepholes) : null;
    }

    private static long units(Layer layer) {
        return layer.getParam(RW).size(0);
    }

    private static List<ParameterGroup> groups(Layer layer) {
        long features = layer.getParam(W).size(0);
        long units = units(layer);
        long columns = layer.getParam(W).size(1);
        List<ParameterGroup> groups = new ArrayList<>();
        groups.add(new ParameterGroup(
                BlockShape.of(ParameterKind.RECURRENT, (int) (features + units), (int) columns, true),
                List.of(Segment.columnMajor(W, features, columns), Segment.columnMajor(RW, units, columns)),
                Segment.columnMajor(B, 1, columns)));
        long peepholes = layer.getParam(RW).length() - units * columns;
        if (peepholes > 0) { // whole columns behind the others
            groups.add(new ParameterGroup(
                    BlockShape.of(ParameterKind.UNITWISE, 1, (int) peepholes, false),
                    List.of(Segment.columnMajor(RW, units * columns, 1, peepholes)),
                    null));
        }
        return groups;
    }

    @Override
    void arm(DerivativeSource source, PassSamples samples) {
        active = true;
        counts = !source.needsSecondPass();
        wanted = samples.wanted();
        record.clear();
        activeSteps.clear();
        setActivation(new ActivationTap(untapped(), ofActivation));
        if (gate() != null) {
            setGate(new ActivationTap(untappedGate(), ofGates));
        }
    }

    @Override
    void disarm() {
        active = false;
        setActivation(untapped());
        if (gate() != null) {
            setGate(untappedGate());
        }
    }

    private IActivation untapped() {
        return RecordingTap.without(layer.layerConf().getActivationFn(), ofActivation);
    }

    private void setActivation(IActivation activation) {
        synchronized (layer.layerConf()) {
            layer.layerConf().setActivationFn(activation);
        }
    }

    /** Null for a layer without gates. */
    private IActivation gate() {
        return layer.layerConf() instanceof AbstractLSTM conf ? conf.getGateActivationFn() : null;
    }

    private IActivation untappedGate() {
        return RecordingTap.without(gate(), ofGates);
    }

    private void setGate(IActivation activation) {
        synchronized (layer.layerConf()) {
            ((AbstractLSTM) layer.layerConf()).setGateActivationFn(activation);
        }
    }

    @Override
    boolean isComplete() {
        return !counts || record.hasEnded();
    }

    @Override
    void secondPass() {
        counts = true;
        record.clear();
    }

    /** The layer's inputs and mask are those of its pass only while that lasts. */
    private void begin() {
        INDArray sequences = layer.input();
        if (layer.getDataFormat() == RNNFormat.NWC) {
            sequences = sequences.permute(0, 2, 1);
        }
        long features = sequences.size(1);
        long positions = sequences.size(2);
        INDArray w = layer.getParam(W);
        record.begin(w.dataType(), positions, wanted);
        inputs.begin(w.dataType(), positions, wanted, features + units(layer));
        inputs.steps(0, positions, 0, features)
                .assign(Samples.first(sequences, wanted).permute(2, 0, 1));
        mask = layer.getMaskArray(); // cast later: a copy made here would end with the layer's workspace
    }

    private final class TapRecording implements Recording {

        private final boolean ofGate;

        TapRecording(boolean ofGate) {
            this.ofGate = ofGate;
        }

        @Override
        public void preActivation(INDArray z) {
            if (counts) {
                if (!record.hasBegun()) {
                    begin();
                }
                record.preActivation(ofGate, z);
            }
        }

        @Override
        public void derivative(INDArray delta) {
            if (counts) {
                record.derivative(ofGate, delta);
            }
        }

        @Override
        public boolean isActive() {
            return active;
        }
    }

    @Override
    void scale(INDArray scale) {
        INDArray steps = record.derivatives().steps();
        steps.muli(scale.castTo(steps.dataType()).reshape('c', 1, scale.size(0), 1));
    }

    @Override
    List<BatchRows> rows(Samples samples) {
        INDArray derivatives = record.derivatives().matrix();
        INDArray own = mask == null ? null : RowOrder.column(mask.castTo(derivatives.dataType()), samples.count());
        RowOrder.mask(derivatives, own);
        writePreviousOutputs(own);
        long positions = derivatives.size(0) / samples.count();
        INDArray weights = samples.weights(positions, activeSteps.of(derivatives, samples.count(), own));
        double steps = Samples.active(weights, derivatives.size(0));
        List<BatchRows> rows = new ArrayList<>();
        rows.add(new OuterProductRows(InputSource.of(inputs.matrix()), derivatives, weights, steps, samples.count()));
        List<INDArray> unitwise = record.unitwise();
        if (!unitwise.isEmpty()) {
            rows.add(new SampleGradients(unitwise));
        }
        return rows;
    }

    /** h_(t-1) beside x_t; zero at the first step, from where DL4J's backward pass starts whatever the state before. */
    private void writePreviousOutputs(INDArray own) {
        INDArray outputs = record.outputs(Tap.unwrap(layer.layerConf().getActivationFn()), Tap.unwrap(gate()));
        RowOrder.mask(outputs, own);
        long width = inputs.steps().size(2);
        long positions = inputs.steps().size(0);
        long units = outputs.size(1);
        if (positions > 1) {
            INDArray h = outputs.reshape('f', positions, wanted, units);
            inputs.steps(1, positions, width - units, width)
                    .assign(h.get(NDArrayIndex.interval(0, positions - 1), NDArrayIndex.all(), NDArrayIndex.all()));
        }
    }
}
