package io.github.dl4jkfac.checkpoint;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.PolyakAverage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves networks so that training can go on to the last bit as if it had never stopped, whatever stops it. A checkpoint replaces its
 * predecessor at once or not at all, and is on the disk when {@link #save} returns.
 *
 * <pre>
 * Checkpoints.save(net, Path.of("net.zip"));
 * MultiLayerNetwork resumed = Checkpoints.resume(Path.of("net.zip"), MultiLayerNetwork.class);
 * </pre>
 *
 * <p>A checkpoint holds the configuration, the parameters, the state of the updater (of any updater, DL4J's own included), the numbers
 * of iterations and epochs done, and the state of ND4J's random numbers of the thread that saves, from which dropout and weight noise
 * draw. It is a file of DL4J's {@code ModelSerializer} with one entry more, which other programs do not see.
 *
 * <p>Where the data stand is the user's. With one batch after the other from a list, the next is number {@code
 * resumed.getIterationCount()} (of a graph: {@code getConfiguration().getIterationCount()}); with an iterator, the batches of the
 * present epoch that are done, to be passed over, are the iterations since the last epoch ended. What else is needed, such as a
 * shuffling seed, can be saved in the notes. Listeners are not saved, except that a network with an updater of this library comes back
 * attached, and so does a {@link PolyakAverage}. Hidden states of recurrent layers in the midst of a sequence are not saved either: with truncated back-propagation save at
 * the end of epochs, or after {@code fit}.
 *
 * <p>{@link AtomicCheckpointListener} saves during {@code fit}.
 */
public final class Checkpoints {

    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

    private Checkpoints() {}

    /**
     * Saves a network. May be called between calls of {@code fit}, and by a listener in {@code iterationDone} or {@code onEpochEnd},
     * where the network is taken for the one in training: what DL4J does only after its listeners (it counts the step or epoch,
     * and applies constraints) is in the file then.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph; computes what it computed before
     * @param file where; an existing file is replaced. Its folder must exist
     * @throws CheckpointException if the file cannot be written, or parameters or updater state are not finite; an existing
     *     file is unchanged then
     * @throws IllegalArgumentException if the model is of another kind
     * @throws IllegalStateException if the network has not been initialised
     */
    public static void save(Model model, Path file) throws CheckpointException {
        save(model, file, Map.of());
    }

    /**
     * Saves a network and notes of the user's.
     *
     * @param model as in {@link #save(Model, Path)}
     * @param file where
     * @param notes whatever text belongs to the network, to be found in {@link Checkpoint#notes()}
     * @throws CheckpointException as in {@link #save(Model, Path)}
     * @throws IllegalArgumentException as in {@link #save(Model, Path)}
     * @throws IllegalStateException as in {@link #save(Model, Path)}
     */
    public static void save(Model model, Path file, Map<String, String> notes) throws CheckpointException {
        Network network = Network.of(model);
        Moment moment = Moment.now();
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            if (moment == Moment.END_OF_STEP) {
                saveAfterStep(network, file, notes);
            } else {
                save(network, moment, file, notes);
            }
        }
    }

    /** DL4J applies constraints when all listeners have been told of the step: they are applied here, saved and taken back. */
    private static void saveAfterStep(Network network, Path file, Map<String, String> notes)
            throws CheckpointException {
        endStep(network);
        INDArray parameters = network.model().params();
        INDArray unconstrained = parameters.dup();
        try {
            network.model().applyConstraints(Moment.END_OF_STEP.iterations(network.iteration()), network.epoch());
            save(network, Moment.END_OF_STEP, file, notes);
        } finally {
            parameters.assign(unconstrained);
        }
    }

    /** This library's listeners undo a batch that is left out, and average parameters; they may not have been told yet. */
    private static void endStep(Network network) {
        for (TrainingListener listener : network.listeners()) {
            if (listener instanceof KFacListener own) {
                own.iterationDone(network.model(), network.iteration(), network.epoch());
            }
        }
        PolyakAverage average = PolyakAverage.of(network.model());
        if (average != null) {
            average.iterationDone(network.model(), network.iteration(), network.epoch());
        }
    }

    private static void save(Network network, Moment moment, Path file, Map<String, String> notes)
            throws CheckpointException {
        String found = NonFinite.in(network);
        if (found != null) {
            throw CheckpointException.notSaved(file, found + "; a file that is there is unchanged", null);
        }
        String json = network.json(moment.iterations(network.iteration()), moment.epochs(network.epoch()));
        try {
            AtomicFile.replace(file, out -> ModelFile.write(network, json, notes, out));
        } catch (IOException e) {
            throw CheckpointException.notSaved(file, Reasons.of(e) + "; a file that is there is unchanged", e);
        }
    }

    /**
     * Restores a network, ready to train.
     *
     * @param <T> kind of network
     * @param path a file of {@link #save} or of DL4J's {@code ModelSerializer}, or a folder of {@link AtomicCheckpointListener}: the
     *     last file in it that can be used; damaged newer ones are passed over with a warning
     * @param type {@code MultiLayerNetwork.class}, {@code ComputationGraph.class}, or {@code Model.class} for either
     * @param allowed what is taken in spite of a doubt
     * @return the network; if it has an updater of this library, attached. The random numbers of the calling thread go on where
     *     those of the saving thread were
     * @throws CheckpointException if the file, or every file in the folder, is missing, damaged, of another kind of network, lacks
     *     updater state, has values that are not finite, or holds a {@code preprocessor.bin}
     */
    public static <T extends Model> T resume(Path path, Class<T> type, Allow... allowed) throws CheckpointException {
        return read(path, type, allowed).network();
    }

    /**
     * Restores a network, ready to train, with the user's notes.
     *
     * @param <T> kind of network
     * @param path as in {@link #resume}
     * @param type as in {@link #resume}
     * @param allowed as in {@link #resume}
     * @return the network, the notes and the file that was read
     * @throws CheckpointException as in {@link #resume}
     */
    public static <T extends Model> Checkpoint<T> read(Path path, Class<T> type, Allow... allowed)
            throws CheckpointException {
        Set<Allow> taken = Set.of(allowed);
        return Files.isDirectory(path) ? newest(path, type, taken) : new Restoration(path, taken).checkpoint(type);
    }

    /**
     * Reads the notes alone, without making a network.
     *
     * @param file a checkpoint
     * @return the user's notes; empty for DL4J's own files
     * @throws CheckpointException if the file is missing or damaged
     */
    public static Map<String, String> notes(Path file) throws CheckpointException {
        try (Archive archive = new Archive(file)) {
            return archive.notes();
        } catch (IOException | RuntimeException e) {
            throw CheckpointException.unusable(file, "it is no whole file of a network (" + Reasons.of(e) + ")", e);
        }
    }

    private static <T extends Model> Checkpoint<T> newest(Path folder, Class<T> type, Set<Allow> allowed)
            throws CheckpointException {
        List<String> reasons = new ArrayList<>();
        for (NumberedFile numbered : NumberedFile.newestFirst(folder)) {
            try {
                return new Restoration(numbered.path(), allowed).checkpoint(type);
            } catch (CheckpointException e) {
                LOG.warn("{}. Looking for an earlier checkpoint.", e.getMessage());
                reasons.add(e.getMessage());
            }
        }
        throw CheckpointException.unusable(
                folder,
                reasons.isEmpty()
                        ? "the folder holds no checkpoint of AtomicCheckpointListener; name the file"
                        : "none of its checkpoints can be used. " + String.join(". ", reasons));
    }
}
