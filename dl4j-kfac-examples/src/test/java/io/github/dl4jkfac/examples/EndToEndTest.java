package io.github.dl4jkfac.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole commands on a small network and few images. */
class EndToEndTest {

    @TempDir
    private Path folder;

    @Test
    void comparesOptimizersAndWritesTablesAndPlots() throws IOException {
        CommandRunner result = CommandRunner.runSmall(
                folder,
                "mnist-autoencoder",
                "--optimizers",
                "kfac,nesterovs,adam",
                "--steps",
                "6",
                "--batch",
                "50",
                "--evaluations",
                "3");

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out())
                .contains("data: curves, 200 training and 100 test images")
                .contains("kfac at adam's final train loss")
                .contains("kfac at nesterovs's final train loss");
        List<String> lines = Files.readAllLines(folder.resolve("results.csv"));
        assertThat(lines)
                .hasSize(1 + 3 * 4)
                .startsWith("optimizer,step,examples,seconds,train_loss,train_error,test_loss,test_error");
        assertThat(lines.subList(1, lines.size()))
                .extracting(line -> line.replaceAll("^(\\w+,\\d+,\\d+),.*", "$1"))
                .startsWith("kfac,0,0", "kfac,2,100", "kfac,4,200", "kfac,6,300", "nesterovs,0,0")
                .endsWith("adam,6,300");
        assertSameStart(lines);
        for (String name : List.of("loss-seconds.png", "loss-steps.png", "reconstructions.png")) {
            BufferedImage image = ImageIO.read(folder.resolve(name).toFile());
            assertThat(image.getWidth()).as(name).isGreaterThan(300);
        }
    }

    /** Muon takes a layer with one matrix of weights. */
    private static final Set<Optimizer> THAT_TRAIN_LSTMS = EnumSet.complementOf(EnumSet.of(Optimizer.MUON));

    @Test
    void everyOptimizerTrains() throws IOException {
        CommandRunner result = CommandRunner.run(
                "sequence",
                "--optimizers",
                THAT_TRAIN_LSTMS.stream().map(Optimizer::id).collect(Collectors.joining(",")),
                "--length",
                "10",
                "--units",
                "4",
                "--train-size",
                "60",
                "--test-size",
                "20",
                "--batch",
                "20",
                "--steps",
                "4",
                "--evaluations",
                "1",
                "--out",
                folder.toString());

        assertThat(result.code()).as(result.err()).isZero();
        List<String> lines = Files.readAllLines(folder.resolve("results.csv"));
        assertThat(lines).hasSize(1 + 2 * THAT_TRAIN_LSTMS.size());
        for (Optimizer optimizer : THAT_TRAIN_LSTMS) {
            List<String> losses = lines.stream()
                    .filter(line -> line.startsWith(optimizer.id() + ","))
                    .map(line -> line.split(",")[4])
                    .toList();
            assertThat(losses).as(optimizer.id()).hasSize(2).doesNotHaveDuplicates();
            assertThat(Double.parseDouble(losses.get(1))).as(optimizer.id()).isBetween(0.1, 20.);
        }
    }

    @Test
    void anOptimizerThatCannotTrainTheProblemSaysSo() {
        CommandRunner result = CommandRunner.runSmall(
                folder, "mnist-autoencoder", "--optimizers", "egn", "--steps", "1", "--batch", "50");
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).hasLineCount(1).contains("egn: ").contains("39200 rows");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cifar --dataset shapes --channels 4-4 --hidden 8", "sequence --length 10 --units 4"})
    void classificationReportsTheTestAccuracy(String line) throws IOException {
        List<String> args = new ArrayList<>(List.of(line.split(" ")));
        args.addAll(List.of("--steps", "4", "--batch", "20", "--evaluations", "2", "--schedule", "linear"));
        args.addAll(List.of("--train-size", "100", "--test-size", "40", "--out", folder.toString()));
        CommandRunner result = CommandRunner.run(args.toArray(String[]::new));

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).contains("100 training and 40 test").contains("test accuracy");
        List<String> lines = Files.readAllLines(folder.resolve("results.csv"));
        assertThat(lines).hasSize(1 + 3 * 3);
        assertThat(lines.get(0)).endsWith("test_error,test_accuracy");
        double[] last = Arrays.stream(lines.get(9).split(","))
                .skip(1)
                .mapToDouble(Double::parseDouble)
                .toArray();
        assertThat(last[6] + last[7]).isCloseTo(1, within(1e-5));
        assertSameStart(lines);
        for (String name : List.of("loss-steps.png", "accuracy-seconds.png", "accuracy-steps.png")) {
            assertThat(ImageIO.read(folder.resolve(name).toFile()).getWidth()).isGreaterThan(300);
        }
    }

    /** Rows of step 0 are the same but for the optimizer's name. */
    private static void assertSameStart(List<String> lines) {
        assertThat(lines.stream().filter(line -> line.matches("\\w+,0,0,.*")).map(line -> line.replaceAll("^\\w+", "")))
                .hasSize(3)
                .containsOnly(lines.get(1).replaceAll("^\\w+", ""));
    }
}
