package io.github.dl4jkfac.checkpoint;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** An opened model file whose bytes are known to be those that were written: the check sums of all entries agree. */
final class Archive implements AutoCloseable {

    private final ZipFile zip;

    /** @throws IOException if the file is no zip archive, or damaged */
    Archive(Path file) throws IOException {
        zip = new ZipFile(file.toFile(), StandardCharsets.UTF_8);
        try {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                requireWhole(entry);
            }
            // an entry whose name is damaged would be missed by nobody else
            if (ModelFile.COMMENT.equals(zip.getComment()) && !has(ModelFile.PROPERTIES)) {
                throw new IOException("its entry " + ModelFile.PROPERTIES + " is missing");
            }
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    /** ZipFile itself looks at no check sum. */
    private void requireWhole(ZipEntry entry) throws IOException {
        try (CheckedInputStream checked = new CheckedInputStream(zip.getInputStream(entry), new CRC32())) {
            checked.transferTo(OutputStream.nullOutputStream());
            if (checked.getChecksum().getValue() != entry.getCrc()) {
                throw new IOException("the check sum of its entry " + entry.getName() + " is wrong");
            }
        }
    }

    boolean has(String name) {
        return zip.getEntry(name) != null;
    }

    String text(String name) throws IOException {
        return new String(bytes(name), StandardCharsets.UTF_8);
    }

    INDArray array(String name) throws IOException {
        try (DataInputStream data = new DataInputStream(new BufferedInputStream(open(name), 1 << 16))) {
            return Nd4j.read(data);
        }
    }

    /** The user's notes and what else was saved beside the network; empty for DL4J's own files. */
    Properties properties() throws IOException {
        Properties properties = new Properties();
        if (has(ModelFile.PROPERTIES)) {
            properties.load(new ByteArrayInputStream(bytes(ModelFile.PROPERTIES)));
        }
        return properties;
    }

    Map<String, String> notes() throws IOException {
        Map<String, String> notes = new TreeMap<>();
        Properties properties = properties();
        for (String key : properties.stringPropertyNames()) {
            if (key.startsWith(ModelFile.NOTE)) {
                notes.put(key.substring(ModelFile.NOTE.length()), properties.getProperty(key));
            }
        }
        return Collections.unmodifiableMap(notes);
    }

    private byte[] bytes(String name) throws IOException {
        try (InputStream in = open(name)) {
            return in.readAllBytes();
        }
    }

    private InputStream open(String name) throws IOException {
        ZipEntry entry = zip.getEntry(name);
        if (entry == null) {
            throw new IOException("it has no entry " + name + ", which every file of DL4J's ModelSerializer has");
        }
        return zip.getInputStream(entry);
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
