package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.arrays.Reductions;
import java.util.List;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * LSTM, with or without peepholes. At each step DL4J applies the gate function to o, the activation function to the cell, the gate
 * function to f (not at the first step, whose cell has no past) and to g, and the activation function to i. The parameters'
 * columns are in the order i, f, o, g.
 */
final class LstmRecord extends RecurrentRecord {

    private static final int INPUT = 0;
    private static final int FORGET = 1;
    private static final int OUTPUT = 2;
    private static final int MODULATE = 3;
    private static final int BLOCKS = 4;

    private final long units;
    private final boolean peepholes;
    private final TimeStepRows cells = new TimeStepRows();
    private final TimeStepRows outputGates = new TimeStepRows();

    /** How often DL4J has asked for derivatives at this step: of gates, and of anything else. */
    private int gatesSeen;

    private int othersSeen;

    /**
     * @param units n
     * @param peepholes whether the gates f, o and g see the cell
     */
    LstmRecord(long units, boolean peepholes) {
        this.units = units;
        this.peepholes = peepholes;
    }

    @Override
    void begin(DataType type, long positions, long samples) {
        super.begin(type, positions, samples);
        cells.begin(type, positions, samples, units);
        outputGates.begin(type, positions, samples, units);
        gatesSeen = 0;
        othersSeen = 0;
    }

    @Override
    long derivativeWidth() {
        return BLOCKS * units;
    }

    @Override
    void preActivation(boolean ofGate, INDArray z) {
        if (ofGate && gatesSeen == 0) {
            outputGates.write(step(), 0, z);
        } else if (!ofGate && othersSeen == 0) {
            cells.write(step(), 0, z);
        }
    }

    @Override
    void derivative(boolean ofGate, INDArray delta) {
        if (ofGate) {
            write(gateNumber(gatesSeen++), delta);
        } else if (othersSeen++ == 1) { // the cell has come before
            write(INPUT, delta);
            gatesSeen = 0;
            othersSeen = 0;
            endStep();
        }
    }

    private int gateNumber(int seen) {
        if (seen == 0) {
            return OUTPUT;
        }
        return seen == 1 && step() > 0 ? FORGET : MODULATE;
    }

    private void write(int block, INDArray delta) {
        derivatives().write(step(), block * units, delta);
    }

    @Override
    INDArray outputs(IActivation activation, IActivation gate) {
        INDArray h = gate.getActivation(outputGates.matrix().dup('f'), true);
        return h.muli(activation.getActivation(cells.matrix().dup('f'), true));
    }

    /** The gates f and g of a step see the cell of the step before it, o the cell of its own. */
    @Override
    List<INDArray> unitwise() {
        return peepholes
                ? List.of(Nd4j.hstack(peephole(FORGET, 1), peephole(OUTPUT, 0), peephole(MODULATE, 1)))
                : List.of();
    }

    /** sum_t c_(t - lag) * g_t, [N, n]. */
    private INDArray peephole(int block, int lag) {
        long positions = cells.steps().size(0);
        if (positions <= lag) {
            return Nd4j.zeros(cells.steps().dataType(), cells.steps().size(1), units);
        }
        INDArray seen = cells.steps(0, positions - lag, 0, units);
        INDArray gate = derivatives().steps(lag, positions, block * units, (block + 1) * units);
        return Reductions.sum(seen.mul(gate), false, 0);
    }
}
