package io.github.dl4jkfac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** Runs that are repeated from their record, and that go on from what they saved. */
class RepeatableRunsTest {

    @TempDir
    private Path folder;

    @Test
    void whatARunDependedOnIsWrittenDownAndRepeatsIt() throws IOException {
        CommandRunner.runSmall(
                folder,
                "mnist-autoencoder",
                "--optimizers",
                "kfac,sgd",
                "--steps",
                "3",
                "--batch",
                "50",
                "--seed",
                "7");
        List<String> first = losses();
        JsonNode record = new ObjectMapper().readTree(folder.resolve("run.json").toFile());

        assertThat(record.get("seed").asLong()).isEqualTo(7);
        assertThat(record.get("batch").asInt()).isEqualTo(50);
        assertThat(record.get("problem").asText()).contains("curves");
        assertThat(record.get("machine").fieldNames())
                .toIterable()
                .contains("dl4j-kfac", "deeplearning4j", "java", "processor", "cores", "blas_threads");
        assertThat(record.at("/optimizers/kfac").toString()).contains("damping", "klClip", "momentum");
        assertThat(record.at("/optimizers/sgd").toString()).contains("learningRate");

        List<String> again = new ArrayList<>();
        record.get("arguments").forEach(argument -> again.add(argument.asText()));
        assertThat(CommandRunner.run(again.toArray(String[]::new)).code()).isZero();
        assertThat(losses()).isEqualTo(first);
    }

    /** All but the seconds. */
    private List<String> losses() throws IOException {
        return Files.readAllLines(folder.resolve("results.csv")).stream()
                .map(line -> line.replaceAll("^([^,]*,[^,]*,[^,]*),[^,]*", "$1"))
                .toList();
    }

    @Test
    void aRunThatWasSavedContinues() throws IOException {
        Path saved = folder.resolve("saved");
        CommandRunner first = compareAdamAndSgd("2", "--save", saved.toString());
        CommandRunner second = compareAdamAndSgd("4", "--resume", saved.toString());
        List<String> resumed = Files.readAllLines(folder.resolve("results.csv"));
        CommandRunner whole = compareAdamAndSgd("4");
        List<String> uninterrupted = Files.readAllLines(folder.resolve("results.csv"));

        assertThat(List.of(first.code(), second.code(), whole.code())).containsOnly(0);
        assertThat(lastRows(resumed)).hasSize(2).isEqualTo(lastRows(uninterrupted));
        assertThat(saved).isDirectoryNotContaining("glob:**.unfinished");
    }

    private CommandRunner compareAdamAndSgd(String steps, String... more) {
        List<String> args = new ArrayList<>(List.of("mnist-autoencoder", "--optimizers", "adam,sgd"));
        args.addAll(List.of("--steps", steps, "--batch", "50", "--evaluations", "2"));
        args.addAll(List.of(more));
        return CommandRunner.runSmall(folder, args.toArray(String[]::new));
    }

    /** The last row of each optimizer, without its seconds. */
    private static List<String> lastRows(List<String> lines) {
        return lines.stream()
                .filter(line -> line.matches("\\w+,4,.*"))
                .map(line -> line.replaceAll("^(\\w+,\\d+,\\d+),[^,]*", "$1"))
                .toList();
    }
}
