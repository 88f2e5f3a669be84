package io.github.dl4jkfac.checkpoint;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.PolyakAverage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.Set;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Makes a network of a file again, or says why not. */
final class Restoration {

    private final Path file;
    private final Set<Allow> allowed;

    Restoration(Path file, Set<Allow> allowed) {
        this.file = file;
        this.allowed = allowed;
    }

    <T extends Model> Checkpoint<T> checkpoint(Class<T> type) throws CheckpointException {
        if (!Files.isRegularFile(file)) {
            throw unusable(Files.exists(file) ? "it is no regular file" : "there is no such file", null);
        }
        try (Archive archive = new Archive(file);
                MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            requireNoPreprocessor(archive);
            Network network = network(archive);
            Model model = network.model();
            if (!type.isInstance(model)) {
                throw unusable(
                        "it holds a " + model.getClass().getSimpleName() + " and not a " + type.getSimpleName()
                                + "; ask for the kind that it holds",
                        null);
            }
            restoreState(network, archive);
            requireFinite(network);
            restoreRandom(archive.properties());
            if (KFacListener.isNeededBy(model)) {
                KFacListener.attach(model);
            }
            restoreAverage(model, archive);
            return new Checkpoint<>(type.cast(model), archive.notes(), file);
        } catch (CheckpointException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw unusable("it is no whole file of a network (" + Reasons.of(e) + ")", e);
        }
    }

    private void requireNoPreprocessor(Archive archive) throws CheckpointException {
        if (archive.has(ModelSerializer.PREPROCESSOR_BIN) && !allowed.contains(Allow.PREPROCESSOR)) {
            throw unusable(
                    "it has an entry " + ModelSerializer.PREPROCESSOR_BIN
                            + ", from which DL4J makes a Java object of any class; whoever wrote the file can have code run that way. "
                            + "Save the network anew without a preprocessor or, if you trust the file, pass Allow.PREPROCESSOR",
                    null);
        }
    }

    private static Network network(Archive archive) throws IOException {
        return Network.restore(
                archive.text(ModelSerializer.CONFIGURATION_JSON), archive.array(ModelSerializer.COEFFICIENTS_BIN));
    }

    private void restoreState(Network network, Archive archive) throws IOException {
        INDArray needed = network.state();
        INDArray saved = archive.has(ModelSerializer.UPDATER_BIN) ? archive.array(ModelSerializer.UPDATER_BIN) : null;
        long length = needed == null ? 0 : needed.length();
        long found = saved == null ? 0 : saved.length();
        if (length == found) {
            if (needed != null) {
                needed.assign(saved.reshape(needed.shape()));
            }
        } else if (!allowed.contains(Allow.MISSING_UPDATER_STATE)) {
            throw unusable(
                    (found == 0 ? "it lacks the state of the updater" : "its updater state is another updater's")
                            + " (" + found + " numbers where " + length
                            + " are needed). Save with the updater's state or, to start momentum and statistics afresh, "
                            + "pass Allow.MISSING_UPDATER_STATE",
                    null);
        }
    }

    private void requireFinite(Network network) throws CheckpointException {
        String found = allowed.contains(Allow.NON_FINITE_VALUES) ? null : NonFinite.in(network);
        if (found != null) {
            throw unusable(
                    found
                            + ". Go on from an earlier checkpoint or, to look into the network, pass Allow.NON_FINITE_VALUES",
                    null);
        }
    }

    private static void restoreAverage(Model model, Archive archive) throws IOException {
        String decay = archive.properties().getProperty(ModelFile.AVERAGE_DECAY);
        if (decay != null) {
            PolyakAverage.attach(
                    model,
                    Double.parseDouble(decay),
                    Long.parseLong(archive.properties().getProperty(ModelFile.AVERAGE_STEPS, "0")),
                    archive.has(ModelFile.AVERAGE) ? archive.array(ModelFile.AVERAGE) : null);
        }
    }

    private static void restoreRandom(Properties properties) {
        String root = properties.getProperty(ModelFile.RANDOM_ROOT);
        String node = properties.getProperty(ModelFile.RANDOM_NODE);
        if (root != null && node != null) {
            Nd4j.getRandom().setStates(Long.parseLong(root), Long.parseLong(node));
        }
    }

    private CheckpointException unusable(String reason, Throwable cause) {
        return CheckpointException.unusable(file, reason, cause);
    }
}
