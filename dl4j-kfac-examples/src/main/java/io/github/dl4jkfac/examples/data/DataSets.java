package io.github.dl4jkfac.examples.data;

import io.github.dl4jkfac.examples.failures.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

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
        CURVES,
        /** CIFAR-10, or an error. */
        CIFAR10,
        /** The built-in generated colour images. */
        SHAPES;

        /**
         * @param usable what the problem at hand can use
         * @throws UserError if this choice is none of them
         */
        public void require(Choice... usable) {
            if (!List.of(usable).contains(this)) {
                throw new UserError("--dataset " + id() + " is of no use here; take one of "
                        + Arrays.stream(usable).map(Choice::id).collect(Collectors.joining(", ")));
            }
        }

        private String id() {
            return name().toLowerCase(Locale.ROOT);
        }
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
        return mnistOr(Choice.CURVES, choice, folder, MnistSource::in, notice).orElseGet(CurvesSource::generate);
    }

    /**
     * @param choice auto, mnist or shapes
     * @param folder folder named by the user, or null
     * @param notice receives a line on what was chosen and why
     * @return grey images with classes: MNIST, or generated ones
     * @throws UserError if the files are missing or damaged
     */
    public static LabelledSplit labelled(Choice choice, Path folder, Consumer<String> notice) {
        return mnistOr(Choice.SHAPES, choice, folder, MnistSource::labelledIn, notice)
                .orElseGet(ShapesSource::generateGrey);
    }

    /** @return MNIST, or empty where the generated images take its place */
    private static <T> Optional<T> mnistOr(
            Choice generated, Choice choice, Path folder, Function<Path, Optional<T>> reader, Consumer<String> notice) {
        choice.require(Choice.AUTO, Choice.MNIST, generated);
        if (choice == generated) {
            refuseFolder(choice, folder);
            return Optional.empty();
        }
        if (folder != null) {
            return Optional.of(named(folder, reader));
        }
        Optional<T> found = variable()
                .flatMap(reader)
                .or(() -> MnistDownload.cached(reader, notice))
                .or(() -> MnistDownload.attempt(reader, notice));
        if (found.isEmpty() && choice == Choice.MNIST) {
            throw new UserError("MNIST not found; name the folder of its IDX files with --data or " + FOLDER_VARIABLE
                    + ", or take --dataset " + generated.id());
        }
        if (found.isEmpty()) {
            notice.accept("MNIST not found and not downloadable: using the built-in " + generated + " images instead");
        }
        return found;
    }

    private static <T> T named(Path folder, Function<Path, Optional<T>> reader) {
        if (!Files.isDirectory(folder)) {
            throw new UserError("--data " + folder + " is no folder; name the one that holds the MNIST IDX files");
        }
        return reader.apply(folder)
                .orElseThrow(() -> new UserError("no MNIST files in --data " + folder
                        + "; it must hold train-images-idx3-ubyte and t10k-images-idx3-ubyte, gzipped or not"));
    }

    /** @return the folder that the environment variable names, if it does */
    static Optional<Path> variable() {
        return Optional.ofNullable(System.getenv(FOLDER_VARIABLE))
                .filter(folder -> !folder.isBlank())
                .map(Path::of);
    }

    /** @throws UserError if a folder was named for data that are generated */
    static void refuseFolder(Choice choice, Path folder) {
        if (folder != null) {
            throw new UserError(
                    "--data " + folder + " is of no use to --dataset " + choice.id() + "; drop one of the two");
        }
    }
}
