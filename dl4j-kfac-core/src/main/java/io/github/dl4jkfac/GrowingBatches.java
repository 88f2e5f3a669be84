package io.github.dl4jkfac;

import io.github.dl4jkfac.step.Option;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * Batches that grow while a network trains (Martens and Grosse 2015, sec. 13): early steps are made of few samples, which tell enough
 * as long as the loss falls fast, and late ones of many, so that the noise of the batches falls as the loss does. Batch k has
 *
 * <pre>m_k = min(m_1 exp((k - 1) / b), most)</pre>
 *
 * <p>samples, with b such that the largest batch comes at a given step. Each is made of as many batches of another iterator as have
 * at least that many samples together; at the end of an epoch there may be fewer. {@code k} counts on over all epochs.
 *
 * <pre>{@code
 * net.fit(new GrowingBatches(new MnistDataSetIterator(250, true, 1), 250, 4000, 500), epochs);
 * }</pre>
 */
public final class GrowingBatches implements DataSetIterator {

    private static final long serialVersionUID = 1L;

    /** Where the samples come from. */
    private final DataSetIterator source;

    /** m_1. */
    private final int first;

    /** Samples in the largest batch. */
    private final int most;

    /** Number of the batch from which on they are that large. */
    private final long steps;

    /** How many batches have been taken. */
    private long taken;

    /**
     * Makes batches that grow.
     *
     * @param source batches of the smallest size that is wanted, or of a smaller one
     * @param first m_1, samples in the first batch, at least 1
     * @param most samples in the largest batch, at least as many
     * @param steps number of the batch from which on they are that large, at least 1
     * @throws IllegalArgumentException naming the value and what is allowed
     */
    public GrowingBatches(DataSetIterator source, int first, int most, long steps) {
        this.source = Objects.requireNonNull(source, "source");
        Option.count("first", first, "sample");
        Option.require(most >= first, "most", "at least as many as first, " + first, most);
        Option.require(steps >= 1, "steps", "at least 1", steps);
        this.first = first;
        this.most = most;
        this.steps = steps;
    }

    /**
     * Goes on where another run has stopped.
     *
     * @param batches how many that run has taken, such as {@code net.getIterationCount()}; zero or more
     * @return this iterator
     * @throws IllegalArgumentException if the number is negative
     */
    public GrowingBatches after(long batches) {
        Option.require(batches >= 0, "batches", "zero or more", batches);
        taken = batches;
        return this;
    }

    /** {@return how many samples the next batch is to have} */
    @Override
    public int batch() {
        if (taken + 1 >= steps) {
            return most;
        }
        double growth = Math.pow((double) most / first, taken / (steps - 1.0));
        return (int) Math.min(most, Math.round(first * growth));
    }

    @Override
    public boolean hasNext() {
        return source.hasNext();
    }

    @Override
    public DataSet next() {
        DataSet next = next(batch());
        taken++;
        return next;
    }

    /** {@return a batch of at least a number of samples, or of what is left of the epoch; {@code k} does not count it} */
    @Override
    public DataSet next(int samples) {
        if (!source.hasNext()) {
            throw new NoSuchElementException("The epoch is over; call reset()");
        }
        List<DataSet> parts = new ArrayList<>();
        long found = 0;
        while (found < samples && source.hasNext()) {
            DataSet part = source.next();
            parts.add(part);
            found += part.numExamples();
        }
        return parts.size() == 1 ? parts.get(0) : DataSet.merge(parts);
    }

    @Override
    public void reset() {
        source.reset();
    }

    @Override
    public boolean resetSupported() {
        return source.resetSupported();
    }

    @Override
    public boolean asyncSupported() {
        return source.asyncSupported();
    }

    @Override
    public int inputColumns() {
        return source.inputColumns();
    }

    @Override
    public int totalOutcomes() {
        return source.totalOutcomes();
    }

    @Override
    public void setPreProcessor(DataSetPreProcessor preProcessor) {
        source.setPreProcessor(preProcessor);
    }

    @Override
    public DataSetPreProcessor getPreProcessor() {
        return source.getPreProcessor();
    }

    @Override
    public List<String> getLabels() {
        return source.getLabels();
    }
}
