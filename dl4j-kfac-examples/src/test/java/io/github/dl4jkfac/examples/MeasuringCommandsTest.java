package io.github.dl4jkfac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole commands that tune, time and measure, on small networks and few images. */
class MeasuringCommandsTest {

    @TempDir
    private Path folder;

    @Test
    void repeatsWithOtherSeedsAndReportsMedians() throws IOException {
        CommandRunner result = CommandRunner.runSmall(
                folder,
                "mnist-autoencoder",
                "--optimizers",
                "kfac,sgd",
                "--steps",
                "2",
                "--batch",
                "50",
                "--repeat",
                "2",
                "--seed",
                "5",
                "--evaluations",
                "1");

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(folder.resolve("seed-5/results.csv")).isRegularFile();
        assertThat(folder.resolve("seed-6/loss-steps.png")).isRegularFile();
        assertThat(result.out()).contains("seed 5: kfac at sgd's").contains("median speed-up of kfac over sgd");
        assertThat(Files.readAllLines(folder.resolve("summary.csv")))
                .hasSize(3)
                .element(1)
                .asString()
                .startsWith("kfac,2,2,");
        assertThat(Files.readAllLines(folder.resolve("speedups.csv"))).hasSize(3);
    }

    @Test
    void tunesOverTheWholeGrid() throws IOException {
        CommandRunner result = CommandRunner.runSmall(
                folder,
                "tune",
                "--optimizers",
                "kfac,adam",
                "--learning-rates",
                "0.1,1e-3",
                "--dampings",
                "0.1,1",
                "--seeds",
                "3",
                "--steps",
                "2",
                "--batch",
                "50");

        assertThat(result.code()).as(result.err()).isZero();
        List<String> lines = Files.readAllLines(folder.resolve("tune.csv"));
        assertThat(lines).hasSize(1 + 2 * 2 + 2);
        assertThat(lines.get(0))
                .startsWith("optimizer,batch,learning_rate,seed,step,seconds,cpu_seconds,train_loss," + "test_loss");
        assertThat(lines.get(1)).startsWith("kfac,50,0.1,3,2,");
        assertThat(result.out()).contains("learning_rate=0.001");
    }

    @Test
    void benchmarksInRounds() throws IOException {
        CommandRunner result = CommandRunner.runSmall(
                folder,
                "bench",
                "--batches",
                "20,50",
                "--rounds",
                "2",
                "--inverse-interval",
                "2",
                "--lean",
                "--background");

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).contains("kfac over nesterovs at batch 20").contains("in processor time");
        assertThat(result.out()).contains("ND4J backend");
        assertThat(folder.resolve("run.json")).content().contains("\"linear_algebra\" : \"ND4J backend");
        List<String> lines = Files.readAllLines(folder.resolve("bench.csv"));
        assertThat(lines).hasSize(1 + 2 * 2 * 6);
        assertThat(lines).anyMatch(line -> line.contains("\"kfac, lean, background\""));
        assertThat(result.out()).contains("nesterovs, lean over nesterovs at batch 50");
        String kfac = lines.get(2);
        assertThat(kfac).startsWith("20,1,kfac,");
        double[] parts = Arrays.stream(kfac.split(","))
                .skip(3)
                .mapToDouble(Double::parseDouble)
                .toArray();
        double wall = parts[0];
        assertThat(parts[1]).as("median").isBetween(0.0, parts[2]);
        assertThat(parts[2]).as("slowest").isGreaterThanOrEqualTo(wall);
        assertThat(Arrays.stream(parts, 4, 11).sum()).as("parts add up").isBetween(0.99 * wall, 1.01 * wall);
    }

    @Test
    void measuresTheQualityOfDirections() throws IOException {
        String line = "quality --dataset shapes --train-size 100 --test-size 40 --batch 8 --batches 1 --warm-up 1 "
                + "--stages 0,2 --methods kfac,egn,ief,ef,adam --dampings 1e-4,1e-2 --repeat 2 "
                + "--exact-iterations 5 --out " + folder;
        CommandRunner result = CommandRunner.run(line.split(" "));

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out())
                .contains("data: shapes, 100 training and 40 test images")
                .contains("autoencoder, seed 2, step 2: train loss")
                .contains("left out here, since each output unit costs them a pass: egn")
                .contains("the Kronecker approximation of the Fisher matrix is off by")
                .containsPattern("ief is below ef in \\d of 4 means over batches")
                .containsPattern("ief is below ef in \\d of 8 means over batches \\(stages and seeds, over all");
        List<String> lines = Files.readAllLines(folder.resolve("quality.csv"));
        int classifier = 6;
        int autoencoder = 5;
        assertThat(lines).hasSize(1 + 2 * 2 * (classifier + autoencoder));
        assertThat(lines.get(1)).startsWith("classifier,1,0,").contains(",1,exact,,");
        assertThat(Files.readAllLines(folder.resolve("damping.csv"))).hasSize(1 + 2 * 2 * (4 + 4));
        assertThat(Files.readAllLines(folder.resolve("quality-table.csv"))).hasSize(1 + 2 * (classifier + autoencoder));
        assertThat(Files.readAllLines(folder.resolve("fisher-blocks.csv"))).hasSize(1 + 4 * 4);
        for (String name : List.of(
                "indicator-classifier",
                "indicator-autoencoder",
                "damping-classifier",
                "damping-autoencoder",
                "fisher")) {
            BufferedImage image = ImageIO.read(folder.resolve(name + ".png").toFile());
            assertThat(image.getWidth()).as(name).isGreaterThan(1000);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"vgg --dataset shapes --channels 4 --hidden 8", "memory --length 10 --units 4"})
    void otherProblemsCanBeTunedAndMeasured(String problem) throws IOException {
        List<String> common = new ArrayList<>(List.of(("--problem " + problem).split(" ")));
        common.addAll(List.of("--train-size", "60", "--test-size", "20", "--out", folder.toString()));
        List<String> tune = new ArrayList<>(List.of("tune", "--optimizers", "adam", "--steps", "2", "--batch", "20"));
        tune.addAll(common);
        List<String> bench = new ArrayList<>(List.of("bench", "--rounds", "1", "--batches", "20"));
        bench.addAll(List.of("--inverse-interval", "2"));
        bench.addAll(common);

        CommandRunner tuned = CommandRunner.run(tune.toArray(String[]::new));
        CommandRunner measured = CommandRunner.run(bench.toArray(String[]::new));
        assertThat(tuned.code()).as(tuned.err()).isZero();
        assertThat(tuned.out()).containsPattern("train  test +test\\R.* accuracy");
        assertThat(measured.code()).as(measured.err()).isZero();
        assertThat(measured.out()).contains("kfac over nesterovs at batch 20");
    }
}
