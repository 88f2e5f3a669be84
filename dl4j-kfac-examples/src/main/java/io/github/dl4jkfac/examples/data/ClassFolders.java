package io.github.dl4jkfac.examples.data;

import io.github.dl4jkfac.examples.failures.UserError;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.ProviderNotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Colour images in class folders, {@code train/<label>/<image>} and {@code test/<label>/<image>}, in a folder or in a
 * zip file: also the form in which DL4J keeps CIFAR-10. Decoded once, to three interleaved bytes per pixel.
 *
 * <p>Labels are numbered in alphabetical order. The images are mixed, always in the same way, so that the first few
 * thousand are a fair sample of all classes.
 */
final class ClassFolders {

    private static final int CHANNELS = 3;
    /** A gigabyte. */
    private static final int MAX_BYTES = 1 << 30;

    private static final Set<String> FORMATS = Set.of("jpg", "jpeg", "png", "bmp");

    private final Path root;
    private final int side;
    private final List<String> labels;

    private ClassFolders(Path root, int side) throws IOException {
        this.root = root;
        this.side = side;
        this.labels = names(root.resolve("train"), Files::isDirectory);
    }

    /**
     * @param place a folder or a zip file
     * @param name what to call the data
     * @param side width and height that the images must have
     * @return the data, or empty where there are no folders {@code train} and {@code test}, not even one level below
     * @throws UserError if an image or the zip file is damaged, or the classes of the two parts differ
     */
    static Optional<LabelledSplit> in(Path place, String name, int side) {
        try {
            if (Files.isDirectory(place)) {
                return read(place, name, side);
            }
            try (FileSystem zip = FileSystems.newFileSystem(place, (ClassLoader) null)) {
                return read(zip.getPath("/"), name, side);
            }
        } catch (ProviderNotFoundException e) {
            throw new UserError("cannot read " + place + ": it is no zip file; name another with --data", e);
        } catch (IOException | RuntimeException e) {
            throw e instanceof UserError known
                    ? known
                    : new UserError("cannot read " + place + " (" + e + "); name another folder or zip with --data", e);
        }
    }

    private static Optional<LabelledSplit> read(Path place, String name, int side) throws IOException {
        List<Path> candidates = new ArrayList<>(List.of(place));
        names(place, Files::isDirectory).forEach(below -> candidates.add(place.resolve(below)));
        for (Path root : candidates) {
            if (Files.isDirectory(root.resolve("train")) && Files.isDirectory(root.resolve("test"))) {
                ClassFolders folders = new ClassFolders(root, side);
                return Optional.of(new LabelledSplit(name, folders.read("train"), folders.read("test")));
            }
        }
        return Optional.empty();
    }

    private static List<String> names(Path folder, Predicate<Path> wanted) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            // Within a zip file the names of folders end in a slash.
            return entries.filter(wanted)
                    .map(entry -> entry.getFileName().toString().replace("/", ""))
                    .sorted()
                    .toList();
        }
    }

    private LabelledData read(String part) throws IOException {
        Path folder = root.resolve(part);
        checkClasses(folder);
        List<Path> files = new ArrayList<>();
        List<Integer> classes = new ArrayList<>();
        for (int label = 0; label < labels.size(); label++) {
            Path images = folder.resolve(labels.get(label));
            List<String> found = names(images, ClassFolders::isImage);
            if (found.isEmpty()) {
                throw new UserError(
                        "no images in " + inPlace(images) + "; each class needs some: add <image>.jpg or .png, "
                                + "or remove the folder from train and test");
            }
            for (String file : found) {
                files.add(images.resolve(file));
                classes.add(label);
            }
        }
        return decode(files, classes);
    }

    private void checkClasses(Path folder) throws IOException {
        if (!names(folder, Files::isDirectory).equals(labels)) {
            throw new UserError("the class folders in " + inPlace(folder) + " are not those of " + root.resolve("train")
                    + "; both must have the same");
        }
        if (labels.size() < 2 || labels.size() > LabelledData.MAX_CLASSES) {
            throw new UserError(
                    inPlace(folder) + " has " + labels.size() + " class folder" + (labels.size() == 1 ? "" : "s")
                            + "; it must hold <label>/<image> of 2 to " + LabelledData.MAX_CLASSES + " classes");
        }
    }

    /** @return the path, preceded by the zip file that it is in */
    private static String inPlace(Path path) {
        FileSystem system = path.getFileSystem();
        return system == FileSystems.getDefault() ? path.toString() : system + path.toString();
    }

    private static boolean isImage(Path file) {
        String name = file.getFileName().toString();
        return FORMATS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    }

    private LabelledData decode(List<Path> files, List<Integer> classes) throws IOException {
        int[] order = new int[files.size()];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        EpochOrder.shuffle(order, new SplittableRandom(1));
        int size = side * side * CHANNELS;
        if (order.length > MAX_BYTES / size) {
            throw new UserError(inPlace(root) + " has " + order.length + " images in one part; at most "
                    + MAX_BYTES / size + " can be held: name a smaller set with --data");
        }
        byte[] pixels = new byte[order.length * size];
        byte[] itsLabels = new byte[order.length];
        for (int i = 0; i < order.length; i++) {
            decode(files.get(order[i]), pixels, i * size);
            itsLabels[i] = classes.get(order[i]).byteValue();
        }
        return new LabelledData(pixels, size, itsLabels, labels.size());
    }

    private void decode(Path file, byte[] pixels, int offset) throws IOException {
        int[] colours = colours(file).getRGB(0, 0, side, side, null, 0, side);
        for (int i = 0; i < colours.length; i++) {
            pixels[offset + CHANNELS * i] = (byte) (colours[i] >> 16);
            pixels[offset + CHANNELS * i + 1] = (byte) (colours[i] >> 8);
            pixels[offset + CHANNELS * i + 2] = (byte) colours[i];
        }
    }

    private BufferedImage colours(Path file) {
        try {
            return PictureFile.read(file, side);
        } catch (IOException e) {
            throw new UserError(
                    inPlace(file) + " " + e.getMessage() + "; fetch the data again or name others with --data", e);
        }
    }
}
