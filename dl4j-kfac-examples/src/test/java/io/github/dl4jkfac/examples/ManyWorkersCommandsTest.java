package io.github.dl4jkfac.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands on Spark and on the time that many workers take. */
class ManyWorkersCommandsTest {

    private static final List<String> SMALL = List.of(
            "--dataset",
            "curves",
            "--train-size",
            "120",
            "--test-size",
            "20",
            "--evaluation-size",
            "20",
            "--layers",
            "784-12-6-12-784",
            "--threads",
            "1");

    @TempDir
    Path folder;

    private CommandRunner run(String line) {
        return CommandRunner.run(Stream.concat(
                        Stream.concat(Arrays.stream(line.split(" ")), SMALL.stream()),
                        Stream.of("--out", folder + "/out"))
                .toArray(String[]::new));
    }

    @Test
    void bytesOnTheWayAreWhatTheFormulaSays() throws IOException {
        CommandRunner result = run("spark-cost --batch 20 --workers 1,2 --ways driver,shuffle --steps 3"
                + " --statistics-interval 1 --inverse-interval 1");

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).contains("| shuffle, 2 |").contains("The model fits best with");
        List<String> lines = Files.readAllLines(folder.resolve("out/cost.csv"));
        assertThat(lines).hasSize(5);
        for (String line : lines.subList(1, 5)) {
            double[] numbers = Arrays.stream(line.split(","))
                    .skip(1)
                    .mapToDouble(Double::parseDouble)
                    .toArray();
            // a network as small as this one has envelopes of some size
            assertThat(numbers[5]).as("to the driver").isCloseTo(numbers[6], within(0.2 * numbers[6]));
            assertThat(numbers[7]).as("shuffled").isCloseTo(numbers[8], within(0.2 * numbers[8]));
            assertThat(numbers[9]).as("broadcast").isBetween(numbers[10], numbers[10] + 60_000);
        }
    }

    @Test
    void sparkTrainsByOwnersToo() throws IOException {
        CommandRunner result = run("spark-autoencoder --batch 20 --workers 2 --epochs 1 --evaluations 1"
                + " --reduction shuffle --checkpoints " + folder.resolve("checkpoints"));

        assertThat(result.code()).as(result.err()).isZero();
        List<String> lines = Files.readAllLines(folder.resolve("out/loss.csv"));
        assertThat(lines.get(lines.size() - 1)).startsWith("3,120,");
    }

    @Test
    void theModelTellsTheTimeToALoss() {
        CommandRunner result = CommandRunner.run(
                "scaling",
                "--kfac-updates",
                "100=30,1000=12",
                "--sgd-updates",
                "100=500,1000=400",
                "--out",
                folder.toString());

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).contains("| workers | updates of SGD | updates of K-FAC |");
        assertThat(folder.resolve("scaling-target.png")).isNotEmptyFile();

        CommandRunner refused = CommandRunner.run("scaling", "--sgd-updates", "100=500", "--out", folder.toString());
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).contains("--sgd-updates needs the updates with two sizes of batches");
    }
}
