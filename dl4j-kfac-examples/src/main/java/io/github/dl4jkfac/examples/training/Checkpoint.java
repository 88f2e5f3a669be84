package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.examples.UserError;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.util.ModelSerializer;

/**
 * A run on disk: DL4J's own model file, updater state included, with one more entry for the position of the run. It is
 * one file, written beside its predecessor and moved over it, so that whenever the process dies there is a whole one.
 *
 * @param network the network, ready to train
 * @param rows everything evaluated so far; the last row is where the network stands
 */
record Checkpoint(Model network, List<Row> rows) {

    private static final String POSITION_ENTRY = "dl4j-kfac-examples.properties";
    private static final String RUN = "run";
    private static final String GRAPH = "graph";
    private static final String ROWS = "rows";

    /**
     * @param file where; an existing file is replaced at once or not at all
     * @param identity which run this is
     * @throws IOException if it cannot be written; an existing file is unchanged then
     */
    void write(Path file, RunIdentity identity) throws IOException {
        // One fixed name: what a killed process leaves behind is overwritten by the next.
        Path unfinished = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            ModelSerializer.writeModel(network, unfinished.toFile(), true);
            writePosition(unfinished, identity);
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    // Not ModelSerializer.addObjectToFile: it would compress the whole model a second time.
    private void writePosition(Path file, RunIdentity identity) throws IOException {
        Properties position = new Properties();
        position.setProperty(RUN, identity.description());
        position.setProperty(GRAPH, String.valueOf(Models.isGraph(network)));
        position.setProperty(ROWS, String.valueOf(rows.size()));
        for (int i = 0; i < rows.size(); i++) {
            position.setProperty("row." + i, rows.get(i).toText());
        }
        try (FileSystem zip = FileSystems.newFileSystem(file, (ClassLoader) null);
                Writer writer = Files.newBufferedWriter(zip.getPath(POSITION_ENTRY))) {
            position.store(writer, null);
        }
    }

    /**
     * @param file a checkpoint
     * @param identity the run to continue
     * @return what it holds
     * @throws UserError if it is missing, unreadable or belongs to another run
     */
    static Checkpoint read(Path file, RunIdentity identity) {
        if (!Files.isRegularFile(file)) {
            throw new UserError("no checkpoint " + file + " for --resume; leave "
                    + identity.optimizer().id() + " out of --optimizers or start without --resume");
        }
        Properties position = readPosition(file);
        String run = position.getProperty(RUN);
        if (!identity.description().equals(run)) {
            throw new UserError("checkpoint " + file + " belongs to another run (" + run + "; asked for: "
                    + identity.description() + "); give the same options or start without --resume");
        }
        try {
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < Integer.parseInt(position.getProperty(ROWS)); i++) {
                rows.add(Row.fromText(position.getProperty("row." + i)));
            }
            boolean graph = Boolean.parseBoolean(position.getProperty(GRAPH));
            Model network = Models.restore(file.toFile(), graph);
            return new Checkpoint(Networks.ready(network, identity.optimizer()), rows);
        } catch (IOException | RuntimeException e) {
            throw unreadable(file, e);
        }
    }

    private static Properties readPosition(Path file) {
        try (FileSystem zip = FileSystems.newFileSystem(file, (ClassLoader) null);
                Reader reader = Files.newBufferedReader(zip.getPath(POSITION_ENTRY))) {
            Properties position = new Properties();
            position.load(reader);
            return position;
        } catch (IOException | RuntimeException e) {
            throw unreadable(file, e);
        }
    }

    private static UserError unreadable(Path file, Exception cause) {
        return new UserError(
                file + " is no readable checkpoint of this example (" + cause
                        + "); name another folder with --resume or start without it",
                cause);
    }
}
