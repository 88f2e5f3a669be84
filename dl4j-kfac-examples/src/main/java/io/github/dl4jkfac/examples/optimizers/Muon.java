package io.github.dl4jkfac.examples.optimizers;

import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Muon (Jordan 2024): Nesterov momentum whose update is replaced by the nearest matrix with orthogonal rows or columns. It is made for
 * one matrix of weights, whose shape it has to know: {@link MuonLayers} gives each layer its own.
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE,
        setterVisibility = JsonAutoDetect.Visibility.NONE)
public final class Muon implements IUpdater {

    static final double MOMENTUM = 0.95;

    private static final long serialVersionUID = 1L;

    private ISchedule rate;
    private final double momentum;
    private final long inputs;
    private final long outputs;

    /**
     * @param rate learning rate
     * @param momentum in [0,1)
     * @param inputs rows of the matrix; 0 as long as no matrix is known
     * @param outputs columns of the matrix
     */
    Muon(
            @JsonProperty("rate") ISchedule rate,
            @JsonProperty("momentum") double momentum,
            @JsonProperty("inputs") long inputs,
            @JsonProperty("outputs") long outputs) {
        this.rate = rate;
        this.momentum = momentum;
        this.inputs = inputs;
        this.outputs = outputs;
    }

    /** @return the same for a matrix */
    Muon of(long rows, long columns) {
        return new Muon(rate, momentum, rows, columns);
    }

    ISchedule rate() {
        return rate;
    }

    @Override
    public long stateSize(long numParams) {
        return numParams;
    }

    @Override
    public GradientUpdater<?> instantiate(INDArray viewArray, boolean initializeViewArray) {
        if (initializeViewArray) {
            viewArray.assign(0);
        }
        return new MuonWorker(this, momentum, inputs, outputs, viewArray);
    }

    @Override
    public GradientUpdater<?> instantiate(Map<String, INDArray> updaterState, boolean initializeStateArrays) {
        throw new UnsupportedOperationException("Muon trains the layers of a MultiLayerNetwork");
    }

    @Override
    public double getLearningRate(int iteration, int epoch) {
        return rate.valueAt(iteration, epoch);
    }

    @Override
    public boolean hasLearningRate() {
        return true;
    }

    @Override
    public void setLrAndSchedule(double lr, ISchedule lrSchedule) {
        rate = lrSchedule == null ? new FixedSchedule(lr) : lrSchedule;
    }

    @Override
    public IUpdater clone() {
        return new Muon(rate.clone(), momentum, inputs, outputs);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Muon muon
                && muon.rate.equals(rate)
                && muon.momentum == momentum
                && muon.inputs == inputs
                && muon.outputs == outputs;
    }

    @Override
    public int hashCode() {
        return Objects.hash(rate, momentum, inputs, outputs);
    }

    @Override
    public String toString() {
        return "Muon(" + rate + ", momentum=" + momentum + (inputs > 0 ? ", " + inputs + "x" + outputs : "") + ")";
    }
}
