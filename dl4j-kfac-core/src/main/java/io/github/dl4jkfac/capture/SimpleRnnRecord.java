package io.github.dl4jkfac.capture;

import java.util.List;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** SimpleRnn: h_t = f(z_t), z_t = [x_t, h_(t-1), 1] [W; RW; b]. DL4J applies f once at each step. */
final class SimpleRnnRecord extends RecurrentRecord {

    private final long units;
    private final TimeStepRows preActivations = new TimeStepRows();

    /** @param units n */
    SimpleRnnRecord(long units) {
        this.units = units;
    }

    @Override
    void begin(DataType type, long positions, long samples) {
        super.begin(type, positions, samples);
        preActivations.begin(type, positions, samples, units);
    }

    @Override
    long derivativeWidth() {
        return units;
    }

    @Override
    void preActivation(boolean ofGate, INDArray z) {
        preActivations.write(step(), 0, z);
    }

    @Override
    void derivative(boolean ofGate, INDArray delta) {
        derivatives().write(step(), 0, delta);
        endStep();
    }

    @Override
    INDArray outputs(IActivation activation, IActivation gate) {
        return activation.getActivation(preActivations.matrix().dup('f'), true);
    }

    @Override
    List<INDArray> unitwise() {
        return List.of();
    }
}
