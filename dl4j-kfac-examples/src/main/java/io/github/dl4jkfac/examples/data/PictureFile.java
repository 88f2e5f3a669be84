package io.github.dl4jkfac.examples.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Reader for one image file that takes no half of an image for a whole one, and no memory for one of another size. */
final class PictureFile {

    private PictureFile() {}

    /**
     * @param file a file in a format that the JDK reads
     * @param side the width and height that it must have
     * @return the image
     * @throws IOException if it cannot be read, is damaged or of another size; the message continues the file's name
     */
    static BufferedImage read(Path file, int side) throws IOException {
        try (InputStream raw = Files.newInputStream(file);
                ImageInputStream in = new MemoryCacheImageInputStream(raw)) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new IOException("is no readable image");
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(in, true, true);
                return read(reader, side);
            } finally {
                reader.dispose();
            }
        }
    }

    private static BufferedImage read(ImageReader reader, int side) throws IOException {
        List<String> warnings = new ArrayList<>();
        // The reader of JPEG fills up what is missing with grey, and only warns.
        reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
        int width;
        int height;
        BufferedImage image;
        try {
            width = reader.getWidth(0);
            height = reader.getHeight(0);
            image = width == side && height == side ? reader.read(0) : null;
        } catch (IOException | RuntimeException e) {
            // The JDK's readers answer to damage with either.
            throw new IOException("is no readable image: it is truncated or damaged", e);
        }
        if (image == null) {
            throw new IOException("has " + width + "x" + height + " pixels, not " + side + "x" + side);
        }
        for (String warning : warnings) {
            // The words of libjpeg, which are the same in every language of the JDK.
            if (warning.contains("Premature end") || warning.contains("Corrupt JPEG")) {
                throw new IOException("is no readable image: it is truncated or damaged (" + warning + ")");
            }
        }
        return image;
    }
}
