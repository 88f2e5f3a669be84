package io.github.dl4jkfac.checkpoint;

import io.github.dl4jkfac.PolyakAverage;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A network in the layout of DL4J's {@code ModelSerializer}, which can read it, with one more entry: the state of ND4J's random numbers,
 * on which dropout depends, and the user's notes; and with one more again where the parameters are averaged.
 */
final class ModelFile {

    /** The additional entry, a properties file. */
    static final String PROPERTIES = "dl4j-kfac-checkpoint.properties";

    /** Says that the additional entry has to be there. */
    static final String COMMENT = "dl4j-kfac checkpoint";

    static final String RANDOM_ROOT = "random.root";
    static final String RANDOM_NODE = "random.node";
    static final String NOTE = "note.";

    /** The averaged parameters, where there are any. */
    static final String AVERAGE = "dl4j-kfac-average.bin";

    static final String AVERAGE_DECAY = "average.decay";
    static final String AVERAGE_STEPS = "average.steps";

    private static final String VERSION = "version";

    private ModelFile() {}

    /**
     * @param json the configuration
     * @param out left open
     */
    static void write(Network network, String json, Map<String, String> notes, OutputStream out) throws IOException {
        ZipOutputStream zip = new ZipOutputStream(new BufferedOutputStream(out, 1 << 16), StandardCharsets.UTF_8);
        zip.setComment(COMMENT);
        // numbers in floating point hardly get smaller, and DL4J's level costs more time than a step
        zip.setLevel(Deflater.BEST_SPEED);
        zip.putNextEntry(new ZipEntry(ModelSerializer.CONFIGURATION_JSON));
        zip.write(json.getBytes(StandardCharsets.UTF_8));
        write(ModelSerializer.COEFFICIENTS_BIN, network.model().params(), zip);
        INDArray state = network.state();
        if (state != null) {
            write(ModelSerializer.UPDATER_BIN, state, zip);
        }
        Properties properties = properties(notes);
        PolyakAverage average = PolyakAverage.of(network.model());
        if (average != null) {
            properties.setProperty(AVERAGE_DECAY, String.valueOf(average.decay()));
            properties.setProperty(AVERAGE_STEPS, String.valueOf(average.steps()));
            if (average.steps() > 0) {
                write(AVERAGE, average.parameters(), zip);
            }
        }
        zip.putNextEntry(new ZipEntry(PROPERTIES));
        properties.store(zip, null);
        zip.finish();
        zip.flush();
    }

    private static void write(String name, INDArray array, ZipOutputStream zip) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        DataOutputStream data = new DataOutputStream(new BufferedOutputStream(zip, 1 << 16));
        Nd4j.write(array, data);
        data.flush();
    }

    private static Properties properties(Map<String, String> notes) {
        Properties properties = new Properties();
        properties.setProperty(VERSION, "1");
        Random random = Nd4j.getRandom();
        properties.setProperty(RANDOM_ROOT, String.valueOf(random.rootState()));
        properties.setProperty(RANDOM_NODE, String.valueOf(random.nodeState()));
        notes.forEach((key, value) -> properties.setProperty(NOTE + key, value));
        return properties;
    }
}
