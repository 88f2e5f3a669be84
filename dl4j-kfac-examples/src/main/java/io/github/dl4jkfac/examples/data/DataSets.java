package io.github.dl4jkfac.examples.data;

import io.github.dl4jkfac.examples.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** Chooses the data: what the user names, else what this machine has, else what it can download or generate. */
public final class DataSets {

    /** Environment variable that names a folder with data. */
    public static final String FOLDER_VARIABLE = "KFAC_DATA_DIR";

    /** What {@code --dataset} accepts. */
    public enum Choice {
        /** MNIST where it is found or can be downloaded, else CURVES. */
        AUTO,
        /** MNIST, or an error. */
        MNIST,
        /** The built-in generated curves. */
        CURVES
    }

    private DataSets() {}

    /**
     * @param choice which data
     * @param folder folder named by the user, or null
     * @param notice receives a line on what was chosen and why
     * @return the data
     * @throws UserError if the files are missing or damaged
     */
    public static ImageSplit load(Choice choice, Path folder, Consumer<String> notice) {
        if (choice == Choice.CURVES) {
            if (folder != null) {
                throw new UserError("--data " + folder + " is of no use to --dataset curves; drop one of the two");
            }
            return CurvesSource.generate();
        }
        if (folder != null) {
            return named(folder);
        }
        Optional<ImageSplit> found =
                fromVariable().or(() -> MnistDownload.cached(notice)).or(() -> MnistDownload.attempt(notice));
        if (found.isPresent()) {
            return found.get();
        }
        if (choice == Choice.MNIST) {
            throw new UserError("MNIST not found; name the folder of its IDX files with --data or " + FOLDER_VARIABLE
                    + ", or take --dataset curves");
        }
        notice.accept("MNIST not found and not downloadable: using the built-in CURVES images instead");
        return CurvesSource.generate();
    }

    private static ImageSplit named(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new UserError("--data " + folder + " is no folder; name the one that holds the MNIST IDX files");
        }
        return MnistSource.in(folder)
                .orElseThrow(() -> new UserError("no MNIST files in --data " + folder
                        + "; it must hold train-images-idx3-ubyte and t10k-images-idx3-ubyte, gzipped or not"));
    }

    private static Optional<ImageSplit> fromVariable() {
        String variable = System.getenv(FOLDER_VARIABLE);
        return variable == null || variable.isBlank() ? Optional.empty() : MnistSource.in(Path.of(variable));
    }
}
