package io.github.dl4jkfac.spark;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.util.ModelSerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checkpoints in a folder of any file system that Hadoop knows: the network with its updater state, as DL4J saves it, and in the file's name where in
 * the epoch it was. A file appears under its name when it is whole; the last two stay.
 */
final class StepCheckpoints {

    private static final Logger LOG = LoggerFactory.getLogger(StepCheckpoints.class);

    private static final Pattern NAME = Pattern.compile("kfac-(\\d{12})-(\\d{9})\\.zip");

    private static final int KEPT = 2;

    private final Path folder;
    private final FileSystem files;

    /**
     * @param folder created where it does not exist
     * @throws UncheckedIOException if that fails
     */
    StepCheckpoints(String folder, Configuration hadoop) {
        this.folder = new Path(folder);
        try {
            this.files = this.folder.getFileSystem(hadoop);
            if (!files.mkdirs(this.folder)) {
                throw new IOException("cannot create the folder " + folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Checkpoints cannot be kept in '" + folder + "': " + e.getMessage(), e);
        }
    }

    /**
     * Where in a training a checkpoint was made.
     *
     * @param file the checkpoint
     * @param iteration DL4J's count
     * @param round how many steps of the epoch had been taken
     */
    record Place(Path file, long iteration, int round) {

        static Optional<Place> of(Path file) {
            Matcher name = NAME.matcher(file.getName());
            return name.matches()
                    ? Optional.of(new Place(file, Long.parseLong(name.group(1)), Integer.parseInt(name.group(2))))
                    : Optional.empty();
        }
    }

    /**
     * Saves a network.
     *
     * @param round how many steps of the epoch have been taken
     */
    void save(Model model, long iteration, int round) {
        Path file = new Path(folder, String.format("kfac-%012d-%09d.zip", iteration, round));
        Path unfinished = new Path(folder, "unfinished.tmp");
        try {
            try (OutputStream out = files.create(unfinished, true)) {
                ModelSerializer.writeModel(model, out, true);
            }
            files.delete(file, false);
            if (!files.rename(unfinished, file)) {
                throw new IOException("cannot rename " + unfinished + " to " + file);
            }
            Place[] all = places();
            for (int i = KEPT; i < all.length; i++) {
                files.delete(all[i].file(), false);
            }
        } catch (IOException e) {
            LOG.warn(
                    "The checkpoint of iteration {} could not be written to {}; training goes on: {}",
                    iteration,
                    folder,
                    e.getMessage());
        }
    }

    /** Where Spark may write what the executors keep while a training lasts. */
    String folderForCurvature() {
        return new Path(folder, "curvature").toString();
    }

    /** The newest checkpoint. */
    Optional<Place> last() {
        try {
            return Arrays.stream(places()).findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException("The folder '" + folder + "' cannot be read: " + e.getMessage(), e);
        }
    }

    /** From the newest to the oldest. */
    private Place[] places() throws IOException {
        return Arrays.stream(files.listStatus(folder))
                .map(FileStatus::getPath)
                .map(Place::of)
                .flatMap(Optional::stream)
                .sorted(Comparator.comparingLong(Place::iteration)
                        .thenComparingInt(Place::round)
                        .reversed())
                .toArray(Place[]::new);
    }

    /** The network of a checkpoint, with its updater state. */
    Model load(Place place, boolean graph) {
        try (InputStream in = files.open(place.file())) {
            return graph
                    ? ModelSerializer.restoreComputationGraph(in, true)
                    : ModelSerializer.restoreMultiLayerNetwork(in, true);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "The checkpoint '" + place.file() + "' cannot be read: " + e.getMessage(), e);
        }
    }
}
