package io.github.dl4jkfac.examples.data;

import io.github.dl4jkfac.examples.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Finds the MNIST images in a folder, under any of the usual file names. */
public final class MnistSource {

    /** Width and height of an image. */
    public static final int SIDE = 28;

    private static final List<String> TRAIN_NAMES = names("train-images");
    private static final List<String> TEST_NAMES = names("t10k-images");

    private MnistSource() {}

    private static List<String> names(String stem) {
        return List.of(stem + "-idx3-ubyte", stem + "-idx3-ubyte.gz", stem + ".idx3-ubyte", stem + ".idx3-ubyte.gz");
    }

    /**
     * Looks for the two image files in a folder and in its subfolder {@code mnist}.
     *
     * @param folder where to look
     * @return the data, or empty where the folder has neither file
     * @throws UserError if one of the two files is missing or either is damaged
     */
    public static Optional<ImageSplit> in(Path folder) {
        for (Path candidate : List.of(folder, folder.resolve("mnist"))) {
            Optional<Path> train = find(candidate, TRAIN_NAMES);
            Optional<Path> test = find(candidate, TEST_NAMES);
            if (train.isPresent() || test.isPresent()) {
                return Optional.of(new ImageSplit(
                        "mnist", read(candidate, train, TRAIN_NAMES), read(candidate, test, TEST_NAMES)));
            }
        }
        return Optional.empty();
    }

    private static Optional<Path> find(Path folder, List<String> names) {
        return names.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst();
    }

    private static ImageData read(Path folder, Optional<Path> file, List<String> names) {
        return IdxFile.readImages(
                file.orElseThrow(() -> new UserError(
                        "no " + names.get(0) + "[.gz] in " + folder + "; put it beside the other MNIST file")),
                SIDE);
    }
}
