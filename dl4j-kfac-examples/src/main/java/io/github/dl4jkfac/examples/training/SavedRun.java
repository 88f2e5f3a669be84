package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.checkpoint.Checkpoint;
import io.github.dl4jkfac.checkpoint.CheckpointException;
import io.github.dl4jkfac.checkpoint.Checkpoints;
import io.github.dl4jkfac.examples.failures.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;

/**
 * A run on disk: the library's checkpoint of the network, with the position of the run in its notes.
 *
 * @param network the network, ready to train
 * @param rows everything evaluated so far; the last row is where the network stands
 */
record SavedRun(Model network, List<Row> rows) {

    private static final String RUN = "run";
    private static final String ROWS = "rows";

    /**
     * @param file where; an existing file is replaced at once or not at all
     * @param identity which run this is
     * @throws CheckpointException if it cannot be written; an existing file is unchanged then
     */
    void write(Path file, RunIdentity identity) throws CheckpointException {
        Map<String, String> position = new HashMap<>();
        position.put(RUN, identity.description());
        position.put(ROWS, String.valueOf(rows.size()));
        for (int i = 0; i < rows.size(); i++) {
            position.put(row(i), rows.get(i).toText());
        }
        Checkpoints.save(network, file, position);
    }

    /**
     * @param file a saved run
     * @param identity the run to continue
     * @return what it holds
     * @throws UserError if it is missing, unreadable or belongs to another run
     */
    static SavedRun read(Path file, RunIdentity identity) {
        if (!Files.isRegularFile(file)) {
            throw new UserError("no checkpoint " + file + " for --resume; leave "
                    + identity.optimizer().id() + " out of --optimizers or start without --resume");
        }
        try {
            requireRun(file, Checkpoints.notes(file).get(RUN), identity);
            Checkpoint<Model> checkpoint = Checkpoints.read(file, Model.class);
            return new SavedRun(checkpoint.network(), rows(checkpoint.notes()));
        } catch (CheckpointException | IllegalArgumentException e) {
            throw new UserError(
                    file + " is no readable checkpoint of this example (" + e.getMessage()
                            + "); name another folder with --resume or start without it",
                    e);
        }
    }

    private static void requireRun(Path file, String run, RunIdentity identity) {
        if (run == null) {
            throw new IllegalArgumentException("it does not say which run it belongs to");
        }
        if (!identity.description().equals(run)) {
            throw new UserError("checkpoint " + file + " belongs to another run (" + run + "; asked for: "
                    + identity.description() + "); give the same options or start without --resume");
        }
    }

    private static List<Row> rows(Map<String, String> position) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(position.get(ROWS)); i++) {
            rows.add(Row.fromText(position.get(row(i))));
        }
        return rows;
    }

    private static String row(int i) {
        return "row." + i;
    }
}
