package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.checkpoint.CheckpointException;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Model;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where runs are saved to and resumed from: a folder with one file per optimizer. */
public final class SavedRuns {

    private static final Logger LOG = LoggerFactory.getLogger(SavedRuns.class);

    private final Path saveFolder;
    private final Path resumeFolder;

    /** Those whose last state is not on disk. */
    private final Set<Optimizer> unsaved = new LinkedHashSet<>();

    /**
     * @param saveFolder existing folder to save to, or null to save nothing
     * @param resumeFolder existing folder to resume from, or null to start anew
     */
    public SavedRuns(Path saveFolder, Path resumeFolder) {
        this.saveFolder = saveFolder;
        this.resumeFolder = resumeFolder;
    }

    /** @return the state to continue from, or empty when starting anew */
    Optional<SavedRun> resume(RunIdentity run) {
        return Optional.ofNullable(resumeFolder).map(folder -> SavedRun.read(file(folder, run), run));
    }

    /**
     * Saves; a failure is reported and training goes on, since the previous checkpoint is still there.
     */
    void save(RunIdentity run, Model network, List<Row> rows) {
        if (saveFolder == null) {
            return;
        }
        try {
            new SavedRun(network, rows).write(file(saveFolder, run), run);
            unsaved.remove(run.optimizer());
        } catch (CheckpointException e) {
            if (rows.get(rows.size() - 1).scores().finite()) { // what has diverged is not worth saving
                unsaved.add(run.optimizer());
            }
            LOG.warn(
                    "{} at step {}: {}. An earlier checkpoint is kept",
                    run.optimizer().id(),
                    rows.get(rows.size() - 1).step(),
                    e.getMessage());
        }
    }

    /** @return what to say in the end if the last state of a run could not be saved, or empty */
    public Optional<String> complaint() {
        return unsaved.isEmpty()
                ? Optional.empty()
                : Optional.of("cannot save the end of "
                        + unsaved.stream().map(Optimizer::id).collect(Collectors.joining(", ")) + " to " + saveFolder
                        + "; what was saved before is unchanged: make room and give the command again with --resume in place of"
                        + " --save, and the same folder");
    }

    /** @return whether the folder to save to lacks this run's state until the first save */
    boolean lacks(RunIdentity run) {
        return saveFolder != null && !(saveFolder.equals(resumeFolder) && Files.exists(file(saveFolder, run)));
    }

    private static Path file(Path folder, RunIdentity run) {
        return folder.resolve(run.optimizer().id() + ".zip");
    }
}
