package io.github.dl4jkfac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All studies of {@code headline}, very short. */
class HeadlineCommandTest {

    @TempDir
    private Path folder;

    private CommandRunner run(String... studies) {
        return CommandRunner.runSmall(
                folder,
                Stream.concat(
                                Stream.of(
                                                "headline --evaluation-size 50 --batch 50 --seconds 0.3 --tune-seconds 0.1 --rates 1 "
                                                        + "--seeds 1,2 --batches 50,100 --targets 300,200 --most-updates 20 "
                                                        + "--tasks xor --task-seconds 0.2 --ablation-updates 5 --studies")
                                        .flatMap(line -> Stream.of(line.split(" "))),
                                Stream.of(studies))
                        .toArray(String[]::new));
    }

    private Map<Path, Long> runs() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("runs"))) {
            return files.collect(
                    Collectors.toMap(file -> file, file -> file.toFile().lastModified()));
        }
    }

    @Test
    void writesTablesAndPlotsAndTrainsNothingTwice() throws IOException {
        CommandRunner result = run("loss,batches,tasks,ablation,family");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(Stream.of(
                        "curves.csv",
                        "sensitivity.csv",
                        "loss-seconds.png",
                        "loss-updates.png",
                        "sensitivity.png",
                        "sensitivity-kfac.png",
                        "loss.md",
                        "batches.csv",
                        "batches.md",
                        "tasks.csv",
                        "tasks.md",
                        "ablation.csv",
                        "ablation.md",
                        "family.csv",
                        "family.md"))
                .allSatisfy(name -> assertThat(folder.resolve(name)).isNotEmptyFile());
        assertThat(result.out()).contains("| K-FAC, automatic | defaults |").contains("| xor | train loss |");
        assertThat(Files.readAllLines(folder.resolve("ablation.csv"))).hasSize(1 + 2 * 9);
        assertThat(Files.readAllLines(folder.resolve("family.csv"))).hasSize(1 + 9);

        Map<Path, Long> before = runs();
        assertThat(run("loss,tasks").code()).isZero();
        assertThat(runs()).isEqualTo(before);
    }

    @Test
    void refusesATaskThatThereIsNot() {
        CommandRunner result = CommandRunner.run("headline", "--tasks", "nought", "--out", folder.toString());
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("unknown task 'nought'; there are smooth-1, ");
    }
}
