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
 * one matrix of weights, whose shape it has to know: {@link PreparedLayers} gives each layer its own.
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE,
        setterVisibility = JsonAutoDetect.Visibility.NONE)
public final class Muon implements IUpdater {

    static final double MOMENTUM = 0.95;

    private static final long serialVersionUID = 1L;

    /** Learning rate. */
    private ISchedule rate;

    /** In [0,1). */
    private final double momentum;

    /** Rows of the matrix as it lies in memory; 0 as long as no matrix is known. */
    private final long rows;

    /** Columns of the matrix. */
    private final long columns;

    /** Whether the rows are the outputs, as in convolutions, and lie one behind the other; else the columns are and do. */
    private final boolean outputsFirst;

    /** Makes the configuration of a matrix. */
    Muon(
            @JsonProperty("rate") ISchedule rate,
            @JsonProperty("momentum") double momentum,
            @JsonProperty("rows") long rows,
            @JsonProperty("columns") long columns,
            @JsonProperty("outputsFirst") boolean outputsFirst) {
        this.rate = rate;
        this.momentum = momentum;
        this.rows = rows;
        this.columns = columns;
        this.outputsFirst = outputsFirst;
    }

    /** The same for a layer's weights, [inputs, outputs] or [outputs, inputs, height, width]. */
    Muon of(INDArray weights) {
        return weights.rank() == 2
                ? new Muon(rate, momentum, weights.size(0), weights.size(1), false)
                : new Muon(rate, momentum, weights.size(0), weights.length() / weights.size(0), true);
    }

    ISchedule rate() {
        return rate;
    }

    double momentum() {
        return momentum;
    }

    /** The matrix of a flat array, a view. */
    INDArray matrix(INDArray flat) {
        return flat.reshape(outputsFirst ? 'c' : 'f', rows, columns);
    }

    /** The factor of an update by which wide outputs move as fast as narrow ones, sqrt(max(1, outputs / inputs)). */
    double widening() {
        double ratio = outputsFirst ? (double) rows / columns : (double) columns / rows;
        return Math.sqrt(Math.max(1, ratio));
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
        return new MuonWorker(this, viewArray);
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
        return new Muon(rate.clone(), momentum, rows, columns, outputsFirst);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Muon muon
                && muon.rate.equals(rate)
                && muon.momentum == momentum
                && muon.rows == rows
                && muon.columns == columns
                && muon.outputsFirst == outputsFirst;
    }

    @Override
    public int hashCode() {
        return Objects.hash(rate, momentum, rows, columns, outputsFirst);
    }

    @Override
    public String toString() {
        return "Muon(" + rate + ", momentum=" + momentum + (rows > 0 ? ", " + rows + "x" + columns : "") + ")";
    }
}
