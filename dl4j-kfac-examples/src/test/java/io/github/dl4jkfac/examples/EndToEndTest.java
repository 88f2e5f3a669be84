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
import java.util.List;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** Whole commands on a small network and few images. */
class EndToEndTest {

    @TempDir
    private Path folder;

    @Test
    void comparesOptimizersAndWritesTablesAndPlots() throws IOException {
        CommandRunner result = run(
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

    @Test
    void everyOptimizerTrains() throws IOException {
        CommandRunner result = CommandRunner.run(
                "sequence",
                "--optimizers",
                Arrays.stream(Optimizer.values()).map(Optimizer::id).collect(Collectors.joining(",")),
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
        assertThat(lines).hasSize(1 + 2 * Optimizer.values().length);
        for (Optimizer optimizer : Optimizer.values()) {
            List<String> losses = lines.stream()
                    .filter(line -> line.startsWith(optimizer.id() + ","))
                    .map(line -> line.split(",")[4])
                    .toList();
            assertThat(losses).as(optimizer.id()).hasSize(2).doesNotHaveDuplicates();
            assertThat(Double.parseDouble(losses.get(1))).as(optimizer.id()).isBetween(0.1, 20.);
        }
    }

    @Test
    void whatARunDependedOnIsWrittenDownAndRepeatsIt() throws IOException {
        run("mnist-autoencoder", "--optimizers", "kfac,sgd", "--steps", "3", "--batch", "50", "--seed", "7");
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
    void anOptimizerThatCannotTrainTheProblemSaysSo() {
        CommandRunner result = run("mnist-autoencoder", "--optimizers", "egn", "--steps", "1", "--batch", "50");
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).hasLineCount(1).contains("egn: ").contains("39200 rows");
    }

    @Test
    void aRunThatWasSavedContinues() throws IOException {
        Path saved = folder.resolve("saved");
        CommandRunner first = compareAdamAndSgd("4", "--save", saved.toString());
        CommandRunner second = compareAdamAndSgd("8", "--resume", saved.toString());
        List<String> resumed = Files.readAllLines(folder.resolve("results.csv"));
        CommandRunner whole = compareAdamAndSgd("8");
        List<String> uninterrupted = Files.readAllLines(folder.resolve("results.csv"));

        assertThat(List.of(first.code(), second.code(), whole.code())).containsOnly(0);
        assertThat(lastRows(resumed)).hasSize(2).isEqualTo(lastRows(uninterrupted));
        assertThat(saved).isDirectoryNotContaining("glob:**.unfinished");
    }

    private CommandRunner compareAdamAndSgd(String steps, String... more) {
        List<String> args = new ArrayList<>(List.of("mnist-autoencoder", "--optimizers", "adam,sgd"));
        args.addAll(List.of("--steps", steps, "--batch", "50", "--evaluations", "2"));
        args.addAll(List.of(more));
        return run(args.toArray(String[]::new));
    }

    @Test
    void repeatsWithOtherSeedsAndReportsMedians() throws IOException {
        CommandRunner result = run(
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
        CommandRunner result = run(
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
        CommandRunner result = run("bench", "--batches", "20,50", "--rounds", "2", "--inverse-interval", "2");

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).contains("kfac over nesterovs at batch 20").contains("in processor time");
        assertThat(result.out()).contains("ND4J backend");
        assertThat(folder.resolve("run.json")).content().contains("\"linear_algebra\" : \"ND4J backend");
        List<String> lines = Files.readAllLines(folder.resolve("bench.csv"));
        assertThat(lines).hasSize(1 + 2 * 2 * 2);
        String kfac = lines.get(2);
        assertThat(kfac).startsWith("20,1,kfac,");
        double[] parts = Arrays.stream(kfac.split(","))
                .skip(3)
                .mapToDouble(Double::parseDouble)
                .toArray();
        double wall = parts[0];
        assertThat(Arrays.stream(parts, 2, 9).sum()).as("parts add up").isBetween(0.99 * wall, 1.01 * wall);
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

    private CommandRunner run(String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of(
                "--dataset",
                "curves",
                "--layers",
                "784-32-8-32-784",
                "--train-size",
                "200",
                "--test-size",
                "100",
                "--out",
                folder.toString()));
        return CommandRunner.run(all.toArray(String[]::new));
    }

    /** Rows of step 0 are the same but for the optimizer's name. */
    private static void assertSameStart(List<String> lines) {
        assertThat(lines.stream().filter(line -> line.matches("\\w+,0,0,.*")).map(line -> line.replaceAll("^\\w+", "")))
                .hasSize(3)
                .containsOnly(lines.get(1).replaceAll("^\\w+", ""));
    }

    /** The last row of each optimizer, without its seconds. */
    private static List<String> lastRows(List<String> lines) {
        return lines.stream()
                .filter(line -> line.matches("\\w+,8,.*"))
                .map(line -> line.replaceAll("^(\\w+,\\d+,\\d+),[^,]*", "$1"))
                .toList();
    }
}
