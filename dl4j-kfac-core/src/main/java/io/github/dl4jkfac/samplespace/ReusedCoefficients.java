package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The coefficients of the first epoch's samples, which later epochs reuse so that they solve nothing (Ou et al. 2024). Kept as N c_n,
 * weights of the samples in a mean, since batches may differ in size.
 *
 * <p>Ou et al. leave open what is shared. By position in the batch, as a program does that others than the authors have published, each place of a batch keeps the
 * average of the first epoch's coefficients there. With shuffled data places are alike, so the averages tend to one and the same
 * number, and the step to a scaled gradient. By order, each sample keeps its own coefficient; that is what the paper means, and needs
 * data that comes in the same order in every epoch.
 *
 * <p>All of it is in the updater state, so that a resumed run goes on bit for bit: N c, how often each place has been seen, and the
 * number of samples seen so far, for which the state's count of batches stands.
 */
final class ReusedCoefficients {

    private static final String WEIGHTS = "weights";
    private static final String COUNTS = "counts";

    private final BlockState state;
    private final CoefficientSharing sharing;
    private final INDArray weights;
    private final INDArray counts;

    ReusedCoefficients(BlockState state, CoefficientSharing sharing) {
        this.state = state;
        this.sharing = sharing;
        this.weights = state.get(WEIGHTS);
        this.counts = state.get(COUNTS);
    }

    static List<Slice> slices(int samplesPerEpoch) {
        return List.of(Slice.control(WEIGHTS, samplesPerEpoch, 1), Slice.control(COUNTS, samplesPerEpoch, 1));
    }

    /** Whether the first epoch is over. */
    boolean areComplete() {
        return state.statistics() >= weights.length();
    }

    /** Keeps a batch's coefficients c, [N,1]. */
    void keep(INDArray coefficients) {
        long samples = coefficients.length();
        for (long n = 0; n < samples; n++) {
            long place = place(n);
            double count = counts.getDouble(place, 0);
            double old = weights.getDouble(place, 0);
            weights.putScalar(place, 0, old + (samples * coefficients.getDouble(n, 0) - old) / (count + 1));
            counts.putScalar(place, 0, count + 1);
        }
    }

    /** A batch's coefficients c as they were kept, [N,1]; the average of all for places that the first epoch has not seen. */
    INDArray forBatch(long samples) {
        INDArray coefficients = Nd4j.create(DataType.DOUBLE, samples, 1);
        double seen = counts.gt(0).castTo(counts.dataType()).sumNumber().doubleValue();
        double mean = weights.sumNumber().doubleValue() / seen;
        for (long n = 0; n < samples; n++) {
            long place = place(n);
            double weight = counts.getDouble(place, 0) > 0 ? weights.getDouble(place, 0) : mean;
            coefficients.putScalar(n, 0, weight / samples);
        }
        return coefficients;
    }

    /** Goes on to the next batch. */
    void advance(long samples) {
        state.setStatistics(state.statistics() + samples);
    }

    private long place(long n) {
        return (sharing == CoefficientSharing.ORDER ? state.statistics() + n : n) % weights.length();
    }
}
