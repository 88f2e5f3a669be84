package io.github.dl4jkfac.parallel;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.session.BatchPart;
import io.github.dl4jkfac.session.JoinedStep;
import io.github.dl4jkfac.session.Leader;
import io.github.dl4jkfac.session.PartPass;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/**
 * Trains a network with several threads, or devices, of one machine. At each step every worker takes one batch of the iterator and goes through
 * it with a copy of the network; the network itself, the leader, then takes one step on all these batches together, as if they were one (Ba, Grosse,
 * Martens 2017, without its asynchrony). So batches are as many times larger as there are workers, and a step is the one that {@code fit} would
 * take on the joined batch, but for rounding; with the same workers, batches and seeds it is the same to the bit from run to run.
 *
 * <pre>{@code
 * try (KFacParallel parallel = KFacParallel.builder(net).workers(4).build()) {
 *     parallel.fit(iterator, epochs);
 * }
 * }</pre>
 *
 * <p>Works with {@link io.github.dl4jkfac.KFac}, {@link io.github.dl4jkfac.EKFac}, {@link io.github.dl4jkfac.AdaFisher}, {@link
 * io.github.dl4jkfac.FAdam} and all updaters of Deeplearning4j. Clipping, L1 and L2, weight decay, momentum, constraints and listeners act on the
 * leader, and so once for the joined batch. Each worker normalises its own batch, if the network has batch normalisation, and draws its own
 * random numbers; the running statistics are means over the workers. The native libraries' threads are shared by all workers: with as many workers as cores
 * set {@code OMP_NUM_THREADS=1}.
 */
public final class KFacParallel implements AutoCloseable {

    private final Model leader;
    private final int count;
    private final int batchesPerStep;
    private final Workers workers;

    private JoinedStep step;
    private List<PartPass> passes;

    private KFacParallel(Builder builder) {
        this.leader = builder.leader;
        this.count = builder.workers;
        this.batchesPerStep = builder.batchesPerStep;
        this.workers = new Workers(count, builder.timeout);
    }

    /**
     * Begins to describe the training of a network.
     *
     * @param leader an initialised MultiLayerNetwork or ComputationGraph, with any updaters
     * @return a builder with one worker for each core, and an hour's patience
     * @throws IllegalArgumentException if the network learns by truncated back-propagation, or is of another kind
     */
    public static Builder builder(Model leader) {
        return new Builder(leader);
    }

    /** Describes how a network is to be trained. */
    public static final class Builder {

        private final Model leader;
        private int workers = Runtime.getRuntime().availableProcessors();
        private int batchesPerStep = 1;
        private Duration timeout = Duration.ofHours(1);

        private Builder(Model leader) {
            Leader.of("KFacParallel", leader);
            this.leader = leader;
        }

        /**
         * Sets the number of workers.
         *
         * @param number at least 1
         * @return this builder
         * @throws IllegalArgumentException for another number
         */
        public Builder workers(int number) {
            if (number < 1) {
                throw new IllegalArgumentException("workers must be at least 1, got " + number);
            }
            workers = number;
            return this;
        }

        /**
         * Has each worker go through several batches in each step, one after the other, where one as large as all of them would not fit into
         * memory.
         *
         * @param number batches of each worker in a step, at least 1; 1 if it is not called
         * @return this builder
         * @throws IllegalArgumentException for another number
         */
        public Builder batchesPerStep(int number) {
            if (number < 1) {
                throw new IllegalArgumentException("batchesPerStep must be at least 1, got " + number);
            }
            batchesPerStep = number;
            return this;
        }

        /**
         * Sets how long the passes of one step may take before training is given up.
         *
         * @param longest more than zero
         * @return this builder
         * @throws IllegalArgumentException for another time
         */
        public Builder timeout(Duration longest) {
            if (longest == null || longest.isZero() || longest.isNegative()) {
                throw new IllegalArgumentException("timeout must be longer than zero, got " + longest);
            }
            timeout = longest;
            return this;
        }

        /** {@return the training, which holds threads until it is closed} */
        public KFacParallel build() {
            return new KFacParallel(this);
        }
    }

    /**
     * Trains the leader, whose parameters and updater state are modified. At the end of an epoch a step may have fewer batches than there are workers.
     *
     * @param iterator batches of one worker; reset before each epoch but the first, where that is supported
     * @param epochs how many times all of them are taken
     * @throws IllegalArgumentException if the updater makes each step of the rows of the very batch ({@link io.github.dl4jkfac.ExactFisher}), or an option has
     *     a value that no step can use
     * @throws UnsupportedOperationException if the statistics of some layer cannot be made of parts of a batch, naming the layer
     * @throws IllegalStateException if the workers take too long
     * @throws RuntimeException whatever a worker has thrown; the leader is as it was before the step
     */
    public void fit(DataSetIterator iterator, int epochs) {
        for (int epoch = 0; epoch < epochs; epoch++) {
            if (iterator.resetSupported() && (epoch > 0 || !iterator.hasNext())) {
                iterator.reset();
            }
            epoch(new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return iterator.hasNext();
                }

                @Override
                public MultiDataSet next() {
                    DataSet batch = iterator.next();
                    return batch.toMultiDataSet();
                }
            });
        }
    }

    /**
     * Trains the leader, as {@link #fit(DataSetIterator, int)}.
     *
     * @param iterator batches of one worker; reset before each epoch but the first, where that is supported
     * @param epochs how many times all of them are taken
     */
    public void fit(MultiDataSetIterator iterator, int epochs) {
        for (int epoch = 0; epoch < epochs; epoch++) {
            if (iterator.resetSupported() && (epoch > 0 || !iterator.hasNext())) {
                iterator.reset();
            }
            epoch(iterator);
        }
    }

    /**
     * Takes one step of the leader, whose parameters and updater state are modified. No epoch begins or ends.
     *
     * @param batches one for each worker, or as many as {@link Builder#batchesPerStep} says; or fewer, but at least one
     * @throws IllegalArgumentException if there are none, or more than that, and as {@link #fit(DataSetIterator, int)}, which tells the other errors
     */
    public void step(List<? extends DataSet> batches) {
        if (batches.isEmpty() || batches.size() > count * batchesPerStep) {
            throw new IllegalArgumentException("a step takes one to " + count * batchesPerStep
                    + " batches, as many as the workers go through in it, got " + batches.size());
        }
        take(batches.stream().map(DataSet::toMultiDataSet).toList());
    }

    private void epoch(Iterator<MultiDataSet> batches) {
        Leader events = new Leader(leader);
        events.beginEpoch();
        while (batches.hasNext()) {
            List<MultiDataSet> round = new ArrayList<>();
            while (round.size() < count * batchesPerStep && batches.hasNext()) {
                round.add(batches.next());
            }
            take(round);
        }
        events.endEpoch();
    }

    private void take(List<MultiDataSet> round) {
        if (step == null || !step.isCurrent()) {
            copyLeader();
        }
        PartPass.Moment moment = step.moment();
        List<Callable<BatchPart>> tasks = new ArrayList<>();
        for (int first = 0; first < round.size(); first += batchesPerStep) {
            int number = first;
            PartPass pass = passes.get(first / batchesPerStep);
            List<MultiDataSet> own = round.subList(first, Math.min(first + batchesPerStep, round.size()));
            tasks.add(() -> {
                pass.parameters().assign(leader.params());
                return pass.run(own, moment, number);
            });
        }
        List<BatchPart> parts = workers.all(tasks);
        MultiDataSet whole = round.size() == 1 ? round.get(0) : org.nd4j.linalg.dataset.MultiDataSet.merge(round);
        step.take(parts, whole);
    }

    private void copyLeader() {
        if (KFacListener.isNeededBy(leader)) {
            KFacListener.attach(leader);
        }
        step = new JoinedStep(leader);
        step.spreadRefreshesOver(workers::share);
        passes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            passes.add(step.newPass());
        }
    }

    /** Ends the workers' threads. The leader can be used on. */
    @Override
    public void close() {
        if (step != null) {
            step.spreadRefreshesOver(null);
        }
        workers.close();
    }
}
