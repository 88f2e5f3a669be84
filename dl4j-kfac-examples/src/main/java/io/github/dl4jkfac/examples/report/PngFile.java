package io.github.dl4jkfac.examples.report;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import javax.imageio.ImageIO;

/** Writes pictures, whole or not at all: an earlier picture stays until the new one is complete. */
public final class PngFile {

    private PngFile() {}

    /**
     * @param file the PNG file; replaced if it exists
     * @param image what to write
     * @throws IOException if it cannot be written
     */
    public static void write(Path file, BufferedImage image) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            ImageIO.write(image, "png", unfinished.toFile());
            Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }
}
