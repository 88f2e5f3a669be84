package io.github.dl4jkfac.checkpoint;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves a network during {@code fit} with {@link Checkpoints#save}: every so many iterations or epochs, or after a time, keeping the last
 * few files. Like DL4J's {@code CheckpointListener}, but a process that is killed while it saves loses nothing, and a file holds what
 * the network is after the step, with DL4J's counts, constraints and, if the batch was left out, the state put back. Its place among
 * the listeners does not matter, unless others change parameters.
 *
 * <pre>
 * net.addListeners(AtomicCheckpointListener.builder(Path.of("checkpoints"))
 *         .saveEveryNIterations(1000)
 *         .keepLast(3)
 *         .build());
 * ...
 * MultiLayerNetwork resumed = Checkpoints.resume(Path.of("checkpoints"), MultiLayerNetwork.class);
 * </pre>
 *
 * <p>A folder belongs to one training: what {@link Builder#keepLast} leaves no place for is removed, files of earlier processes included.
 * A checkpoint that cannot be saved, be it that the disk is full or that the parameters are not finite, is reported by a warning, and
 * training goes on; the earlier files stay.
 *
 * <p>A listener serves the first network that it hears of. Others that have it too, such as ParallelWrapper's workers, are not saved; with
 * ParallelWrapper call {@link Checkpoints#save} between its fits.
 */
public final class AtomicCheckpointListener extends BaseTrainingListener {

    /** Default of {@link Builder#keepLast}. */
    public static final int DEFAULT_KEPT = 3;

    private static final Logger LOG = LoggerFactory.getLogger(AtomicCheckpointListener.class);

    private final Path folder;
    private final int everyIterations;
    private final int everyEpochs;
    private final Duration every;
    private final int kept;
    private final Function<Model, Map<String, String>> notes;
    private final long firstNumber;

    private WeakReference<Model> served;
    private boolean warnedOfOthers;
    private long lastNumber;
    private long lastNanos = System.nanoTime();
    private Path lastSaved;
    private long failures;

    private AtomicCheckpointListener(Builder builder, long lastNumber) {
        folder = builder.folder;
        everyIterations = builder.everyIterations;
        everyEpochs = builder.everyEpochs;
        every = builder.every;
        kept = builder.kept;
        notes = builder.notes;
        firstNumber = lastNumber;
        this.lastNumber = lastNumber;
    }

    /**
     * Starts a builder.
     *
     * @param folder where to save; made if it is not there
     * @return a builder that keeps the last {@value #DEFAULT_KEPT} files
     */
    public static Builder builder(Path folder) {
        return new Builder(folder);
    }

    /** {@return the file that was saved last by this listener; empty before the first} */
    public synchronized Optional<Path> lastSaved() {
        return Optional.ofNullable(lastSaved);
    }

    /** {@return how many checkpoints this listener has saved} */
    public synchronized long saved() {
        return lastNumber - firstNumber;
    }

    /** {@return how many checkpoints could not be saved} */
    public synchronized long failures() {
        return failures;
    }

    @Override
    public synchronized void iterationDone(Model model, int iteration, int epoch) {
        boolean due = everyIterations > 0 && (iteration + 1) % everyIterations == 0
                || every != null && System.nanoTime() - lastNanos >= every.toNanos();
        if (due && serves(model)) {
            save(model);
        }
    }

    @Override
    public synchronized void onEpochEnd(Model model) {
        if (everyEpochs > 0 && serves(model) && (Network.of(model).epoch() + 1) % everyEpochs == 0) {
            save(model);
        }
    }

    private boolean serves(Model model) {
        if (!(model instanceof MultiLayerNetwork || model instanceof ComputationGraph)) {
            return false; // layer-wise pretraining
        }
        if (served == null || served.get() == null) {
            served = new WeakReference<>(model);
        }
        boolean serves = served.get() == model;
        if (!serves && !warnedOfOthers) {
            warnedOfOthers = true;
            LOG.warn(
                    "A second network has the listener that saves another one to {}, and is not saved. Give it a listener of its own.",
                    folder);
        }
        return serves;
    }

    private void save(Model model) {
        Network network = Network.of(model);
        Moment moment = Moment.now();
        NumberedFile file = NumberedFile.next(
                folder, lastNumber, moment.iterations(network.iteration()), moment.epochs(network.epoch()));
        lastNanos = System.nanoTime();
        try {
            Checkpoints.save(model, file.path(), notes.apply(model));
            lastNumber = file.number();
            lastSaved = file.path();
        } catch (CheckpointException e) {
            failures++;
            LOG.warn("{}. Training goes on; the earlier checkpoints stay.", e.getMessage());
            return;
        }
        removeOlder();
    }

    private void removeOlder() {
        try {
            List<NumberedFile> files = kept == Integer.MAX_VALUE ? List.of() : NumberedFile.newestFirst(folder);
            for (NumberedFile old : files.subList(Math.min(kept, files.size()), files.size())) {
                Files.deleteIfExists(old.path());
            }
        } catch (IOException e) {
            LOG.warn("Older checkpoints in {} cannot be removed: {}.", folder, Reasons.of(e));
        }
    }

    /** Options of the listener. At least one of the {@code save} methods must be called. */
    public static final class Builder {

        private final Path folder;
        private int everyIterations;
        private int everyEpochs;
        private Duration every;
        private int kept = DEFAULT_KEPT;
        private Function<Model, Map<String, String>> notes = model -> Map.of();

        private Builder(Path folder) {
            this.folder = Objects.requireNonNull(folder, "folder");
        }

        /**
         * Saves whenever the number of iterations done, counted from the beginning of the training, is a multiple of some number.
         *
         * @param iterations how many, at least 1
         * @return this builder
         */
        public Builder saveEveryNIterations(int iterations) {
            everyIterations = atLeastOne("saveEveryNIterations", iterations);
            return this;
        }

        /**
         * Saves at the end of an epoch whenever the number of epochs done is a multiple of some number. Only DL4J's {@code fit} with
         * an iterator has epochs.
         *
         * @param epochs how many, at least 1
         * @return this builder
         */
        public Builder saveEveryNEpochs(int epochs) {
            everyEpochs = atLeastOne("saveEveryNEpochs", epochs);
            return this;
        }

        /**
         * Saves at the end of a step when some time has passed since the last checkpoint.
         *
         * @param time how long, more than nothing
         * @return this builder
         */
        public Builder saveEvery(Duration time) {
            if (time.isZero() || time.isNegative()) {
                throw new IllegalArgumentException("saveEvery takes a time of more than nothing, got " + time);
            }
            every = time;
            return this;
        }

        /**
         * Keeps the last few checkpoints and removes older ones.
         *
         * @param files how many, at least 1; with at least 2, damage to one costs no more than the training since the one before
         * @return this builder
         */
        public Builder keepLast(int files) {
            kept = atLeastOne("keepLast", files);
            return this;
        }

        /**
         * Keeps all checkpoints.
         *
         * @return this builder
         */
        public Builder keepAll() {
            kept = Integer.MAX_VALUE;
            return this;
        }

        /**
         * Saves notes with each checkpoint, such as where the data stand.
         *
         * @param supplier gives the notes, when a network is saved
         * @return this builder
         */
        public Builder notes(Function<Model, Map<String, String>> supplier) {
            notes = Objects.requireNonNull(supplier, "supplier");
            return this;
        }

        /**
         * Makes the listener, and the folder if it is not there. What killed processes have left unfinished in it is removed.
         *
         * @return the listener
         * @throws CheckpointException if the folder cannot be made, read or written
         * @throws IllegalArgumentException if nothing says when to save
         */
        public AtomicCheckpointListener build() throws CheckpointException {
            if (everyIterations == 0 && everyEpochs == 0 && every == null) {
                throw new IllegalArgumentException(
                        "Nothing says when to save; call saveEveryNIterations, saveEveryNEpochs or saveEvery");
            }
            try {
                Files.createDirectories(folder);
                AtomicFile.removeLeftovers(folder);
            } catch (IOException e) {
                throw new CheckpointException("Checkpoints cannot be saved to " + folder + ": " + Reasons.of(e), e);
            }
            if (!Files.isWritable(folder)) {
                throw new CheckpointException("Checkpoints cannot be saved to " + folder + ": permission denied");
            }
            List<NumberedFile> there = NumberedFile.newestFirst(folder);
            return new AtomicCheckpointListener(
                    this, there.isEmpty() ? 0 : there.get(0).number());
        }

        private static int atLeastOne(String option, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(option + " takes a number of at least 1, got " + value);
            }
            return value;
        }
    }
}
