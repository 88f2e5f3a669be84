package io.github.dl4jkfac.examples.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.examples.training.Scores;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyReportTest {

    @TempDir
    private Path folder;

    @Test
    void aSpreadIsMeanAndStandardDeviation() {
        Spread spread = Spread.of(1, 2, 3, 6);
        assertThat(spread.mean()).isEqualTo(3);
        assertThat(spread.deviation()).isCloseTo(Math.sqrt(14 / 3.), within(1e-12));
        assertThat(Spread.of(5)).isEqualTo(new Spread(5, 0));
        assertThat(spread).hasToString("3.00 ± 2.16");
        assertThat(new Spread(1234, 56.7)).hasToString("1234 ± 57");
    }

    @Test
    void theSpreadIsOverSeedsWhereThereAreSeveral() {
        QualityTable one = new QualityTable();
        one.add(measurement(1, 0, 1, StudiedMethod.KFAC, null, 0.4));
        one.add(measurement(1, 0, 2, StudiedMethod.KFAC, null, 0.6));
        QualityTable.Cell single =
                one.cell(new Candidate(StudiedMethod.KFAC, null), 0).orElseThrow();
        assertThat(single.spread().mean()).isCloseTo(0.5, within(1e-12));
        assertThat(single.spread().deviation()).isCloseTo(Math.sqrt(0.02), within(1e-12));

        one.add(measurement(2, 0, 1, StudiedMethod.KFAC, null, 0.8));
        one.add(measurement(2, 0, 2, StudiedMethod.KFAC, null, 0.8));
        QualityTable.Cell both =
                one.cell(new Candidate(StudiedMethod.KFAC, null), 0).orElseThrow();
        assertThat(both.spread().mean()).isCloseTo(0.65, within(1e-12));
        assertThat(both.spread().deviation()).isCloseTo(0.3 / Math.sqrt(2), within(1e-12));
        assertThat(both.overBatches().deviation()).isCloseTo(Math.sqrt(0.02) / 2, within(1e-12));
        assertThat(one).asString().contains("kfac").contains("0.65 ± 0.21").containsPattern("step\\R.*damping  0");
    }

    @Test
    void claimsCountStagesSeedsAndDampings() {
        QualityTable own = new QualityTable();
        QualityTable sweep = new QualityTable();
        for (int seed = 1; seed <= 2; seed++) {
            own.add(measurement(seed, 0, 1, StudiedMethod.IEF, null, 0.5));
            own.add(measurement(seed, 0, 1, StudiedMethod.EF, null, seed == 1 ? 0.4 : 0.6));
            for (double damping : new double[] {1e-4, 1e-2}) {
                sweep.add(measurement(seed, 0, 1, StudiedMethod.IEF, damping, 0.5));
                sweep.add(measurement(seed, 0, 1, StudiedMethod.EF, damping, damping == 1e-4 ? 3 : 0.75));
            }
        }
        assertThat(new QualityClaims(own, sweep))
                .asString()
                .contains("ief is below ef in 1 of 2 means over batches (stages and seeds)")
                .contains("ief is below ef in 4 of 4 means over batches (stages and seeds, over all dampings)")
                .contains("indicator of ief changes by a factor of up to 1.00")
                .contains("indicator of ef changes by a factor of up to 4.00 (at step 0)")
                .doesNotContain("kfac");
    }

    @Test
    void filesHoldEveryMeasurementAndTheMeans() throws IOException {
        StudyReport report = report();
        report.writeTables();
        assertThat(Files.readAllLines(folder.resolve("quality.csv")))
                .hasSize(1 + 12)
                .startsWith("problem,seed,step,train_loss,batch,method,damping,indicator,cosine")
                .contains("net,2,10,0.500000,1,ef,,3.00000,0.900000");
        assertThat(Files.readAllLines(folder.resolve("damping.csv")))
                .hasSize(1 + 8)
                .contains("net,1,0,2.00000,1,ief,0.00100000,0.500000,0.900000");
        assertThat(Files.readAllLines(folder.resolve("quality-table.csv")))
                .hasSize(1 + 6)
                .contains("net,ef,,10,0.500000,2,2,2.50000,0.00000,0.707107,0.900000");
        assertThat(report).asString().contains("net: q(d) / q(gradient)").contains("2.50 ± 0.71");
    }

    @Test
    void picturesShowEveryMethod() throws IOException {
        QualityPlots.write(folder, report());
        for (String name : List.of("indicator-net.png", "damping-net.png")) {
            BufferedImage image = ImageIO.read(folder.resolve(name).toFile());
            long colours = colours(image);
            assertThat(colours).as(name).isGreaterThan(20);
        }
    }

    @Test
    void heatMapsShowTheirMatrices() throws IOException {
        double[][] ones = {{1, 0, 0}, {0, 1, 0}, {0, 0, -1}};
        Map<String, double[][]> matrices = new LinkedHashMap<>();
        matrices.put("unit", ones);
        matrices.put("nothing", new double[3][3]);
        Path file = folder.resolve("maps.png");
        new HeatMaps(List.of("a", "b"), List.of(2, 1)).write(file, "headline", matrices);

        BufferedImage image = ImageIO.read(file.toFile());
        int black = 0;
        int left = 0;
        for (int x = 0; x < image.getWidth() / 2; x++) {
            for (int y = 90; y < image.getHeight() - 40; y++) {
                if (image.getRGB(x, y) == 0xFF000000) {
                    black++;
                    left = Math.max(left, x);
                }
            }
        }
        int panel = 420;
        assertThat(black).as("a third of the first panel").isBetween(panel * panel / 4, panel * panel / 3);
        assertThat(left).as("the second panel is white").isLessThan(panel + 40);
    }

    private StudyReport report() {
        StudyReport report = new StudyReport(folder, new PrintWriter(new StringWriter()));
        StudyListener listener = report.follow("net");
        for (int seed = 1; seed <= 2; seed++) {
            for (int step : new int[] {0, 10}) {
                Scores scores = new Scores(step == 0 ? 2 : 0.5, 0, 1, 0);
                listener.reached(new StudyStage(seed, step, scores, null));
                listener.measured(measurement(seed, step, 1, StudiedMethod.EXACT, null, 0.3));
                listener.measured(measurement(seed, step, 1, StudiedMethod.IEF, null, 0.5));
                listener.measured(measurement(seed, step, 1, StudiedMethod.EF, null, seed + 1));
                listener.measured(measurement(seed, step, 1, StudiedMethod.IEF, 1e-3, 0.5));
                listener.measured(measurement(seed, step, 1, StudiedMethod.IEF, 1e-1, 0.7));
            }
        }
        return report;
    }

    private static Measurement measurement(
            long seed, int stage, int batch, StudiedMethod method, Double damping, double indicator) {
        return new Measurement(seed, stage, batch, new Candidate(method, damping), indicator, 0.9);
    }

    private static long colours(BufferedImage image) {
        return IntStream.range(0, image.getWidth() * image.getHeight())
                .map(i -> image.getRGB(i % image.getWidth(), i / image.getWidth()))
                .distinct()
                .count();
    }
}
