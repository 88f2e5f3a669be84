package io.github.dl4jkfac.examples.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/** Small class folders for tests. */
public final class ColourImages {

    private ColourImages() {}

    /** Writes {@code train} and {@code test} with so many images per label; red is the label, green the number. */
    public static void write(Path root, List<String> labels, int train, int test) throws IOException {
        write(root.resolve("train"), labels, train);
        write(root.resolve("test"), labels, test);
    }

    private static void write(Path part, List<String> labels, int count) throws IOException {
        for (int label = 0; label < labels.size(); label++) {
            Path folder = Files.createDirectories(part.resolve(labels.get(label)));
            for (int i = 0; i < count; i++) {
                writeImage(folder.resolve(i + ".png"), 32, label << 16 | i << 8 | 7);
            }
        }
    }

    public static void writeImage(Path file, int side, int colour) throws IOException {
        BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < side * side; i++) {
            image.setRGB(i % side, i / side, colour);
        }
        try (OutputStream out = Files.newOutputStream(file)) {
            ImageIO.write(image, "png", out);
        }
    }

    /** As {@link #write}, into a new zip file. */
    public static Path zip(Path file, List<String> labels, int train, int test) throws IOException {
        try (FileSystem zip = FileSystems.newFileSystem(URI.create("jar:" + file.toUri()), Map.of("create", "true"))) {
            write(zip.getPath("/"), labels, train, test);
        }
        return file;
    }
}
