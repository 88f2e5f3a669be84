package io.github.dl4jkfac.examples.data;

import io.github.dl4jkfac.examples.failures.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the MNIST images in a folder, under any of the usual file names. */
public final class MnistSource {

    /** Width and height of an image. */
    public static final int SIDE = 28;

    private static final int CLASSES = 10;
    private static final String NAME = "mnist";
    private static final List<String> TRAIN_NAMES = names("train-images", "idx3");
    private static final List<String> TEST_NAMES = names("t10k-images", "idx3");
    private static final List<String> TRAIN_LABELS = names("train-labels", "idx1");
    private static final List<String> TEST_LABELS = names("t10k-labels", "idx1");

    private MnistSource() {}

    private static List<String> names(String stem, String kind) {
        String dashed = stem + "-" + kind + "-ubyte";
        String dotted = stem + "." + kind + "-ubyte";
        return List.of(dashed, dashed + ".gz", dotted, dotted + ".gz");
    }

    /**
     * Looks for the two image files in a folder and in its subfolder {@code mnist}.
     *
     * @param folder where to look
     * @return the data, or empty where the folder has neither file
     * @throws UserError if one of the two files is missing or either is damaged
     */
    public static Optional<ImageSplit> in(Path folder) {
        return locate(folder).map(place -> new ImageSplit(NAME, images(place, TRAIN_NAMES), images(place, TEST_NAMES)));
    }

    /**
     * As {@link #in}, with the labels, which must lie beside the images.
     *
     * @param folder where to look
     * @return the data, or empty where the folder has neither image file
     * @throws UserError if one of the four files is missing or any is damaged
     */
    static Optional<LabelledSplit> labelledIn(Path folder) {
        return locate(folder)
                .map(place -> new LabelledSplit(
                        NAME, labelled(place, TRAIN_NAMES, TRAIN_LABELS), labelled(place, TEST_NAMES, TEST_LABELS)));
    }

    /** @return the folder itself or its subfolder, whichever has an image file */
    private static Optional<Path> locate(Path folder) {
        return Stream.of(folder, folder.resolve("mnist"))
                .filter(place -> find(place, TRAIN_NAMES).isPresent()
                        || find(place, TEST_NAMES).isPresent())
                .findFirst();
    }

    private static Optional<Path> find(Path folder, List<String> names) {
        return names.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst();
    }

    private static ImageData images(Path folder, List<String> names) {
        return IdxFile.readImages(required(folder, names), SIDE);
    }

    private static LabelledData labelled(Path folder, List<String> imageNames, List<String> labelNames) {
        ImageData images = images(folder, imageNames);
        Path file = required(folder, labelNames);
        byte[] labels = IdxFile.readLabels(file);
        try {
            return new LabelledData(images.pixels(), images.size(), labels, CLASSES);
        } catch (IllegalArgumentException e) {
            throw new UserError(file + " does not fit the images beside it: " + e.getMessage(), e);
        }
    }

    private static Path required(Path folder, List<String> names) {
        return find(folder, names)
                .orElseThrow(() -> new UserError(
                        "no " + names.get(0) + "[.gz] in " + folder + "; put it beside the other MNIST files"));
    }
}
