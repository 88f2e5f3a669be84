package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.failures.OutputFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.SerializationFeature;

/** All that a run depended on, in {@code run.json} beside its results: what was asked for, and on what machine it ran. */
public final class RunRecord {

    /** Name of the file. */
    public static final String FILE = "run.json";

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Map<String, Object> entries = new LinkedHashMap<>();

    /** @param arguments of the command line, as they were given */
    public RunRecord(List<String> arguments) {
        entries.put("arguments", List.copyOf(arguments));
        entries.put("machine", Machine.describe());
    }

    /**
     * Adds what a command knows.
     *
     * @param name of the entry
     * @param value a text, number, list or map of these; null is left out
     * @return this
     */
    public RunRecord with(String name, Object value) {
        if (value != null) {
            entries.put(name, value);
        }
        return this;
    }

    /**
     * Adds an optimizer with all its hyper-parameters, those that were left at their defaults too.
     *
     * @param id name of the optimizer
     * @param updater its configuration
     * @return this
     */
    public RunRecord withOptimizer(String id, IUpdater updater) {
        @SuppressWarnings("unchecked") // with() and this are the only ways in
        Map<String, Object> optimizers =
                (Map<String, Object>) entries.computeIfAbsent("optimizers", key -> new LinkedHashMap<String, Object>());
        try {
            String text = NeuralNetConfiguration.mapper().writeValueAsString(updater);
            optimizers.put(id, JSON.readTree(text));
            return this;
        } catch (IOException e) {
            throw new IllegalStateException("the configuration of " + id + " cannot be written as JSON", e);
        }
    }

    /**
     * Writes the file.
     *
     * @param folder existing folder
     * @throws OutputFailure if it cannot be written
     */
    public void write(Path folder) {
        Path file = folder.resolve(FILE);
        Path unfinished = folder.resolve(FILE + ".tmp");
        try {
            try {
                Files.writeString(unfinished, JSON.writeValueAsString(entries) + "\n", StandardCharsets.UTF_8);
                Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            throw new OutputFailure(
                    "cannot write " + file + " (" + e.getMessage() + "); make room or name another folder with --out",
                    e);
        }
    }
}
