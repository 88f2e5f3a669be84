package io.github.dl4jkfac.examples.scaling;

import io.github.dl4jkfac.examples.report.Chart;
import io.github.dl4jkfac.examples.report.CsvFile;
import io.github.dl4jkfac.examples.report.MarkdownTable;
import io.github.dl4jkfac.examples.scaling.Cluster.Design;
import io.github.dl4jkfac.examples.scaling.Cluster.Training;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** Seconds of a step over the number of workers, by the model, for each way to share the work. */
public final class ScalingStudy {

    private static final List<Integer> WORKERS = List.of(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024);

    private static final Map<Design, Color> COLOURS = Map.of(
            Design.SGD, new Color(0x0072B2),
            Design.DRIVER, new Color(0x8C2D04),
            Design.SHUFFLE, new Color(0xE69F00),
            Design.RING, new Color(0xD55E00));

    private final Workload work;
    private final Training training;
    private final Updates ofKFac;
    private final Updates ofSgd;
    private final Map<Design, double[]> seconds = new EnumMap<>(Design.class);

    /**
     * Computes all of it.
     *
     * @param cluster the machines
     * @param work what there is to do
     * @param training how
     * @param ofKFac its updates to a loss; null if they are not known
     * @param ofSgd its updates to the same loss; null if they are not known
     */
    public ScalingStudy(Cluster cluster, Workload work, Training training, Updates ofKFac, Updates ofSgd) {
        this.ofKFac = ofKFac;
        this.ofSgd = ofSgd;
        this.work = work;
        this.training = training;
        for (Design design : Design.values()) {
            seconds.put(
                    design,
                    WORKERS.stream()
                            .mapToDouble(workers -> cluster.secondsPerStep(design, work, training, workers))
                            .toArray());
        }
    }

    /**
     * Writes {@code scaling.csv}.
     *
     * @param folder existing folder
     */
    public void writeNumbers(Path folder) {
        CsvFile csv = new CsvFile(folder.resolve("scaling.csv"), List.of("design", "workers", "seconds_per_step"));
        seconds.forEach((design, values) -> {
            for (int i = 0; i < values.length; i++) {
                csv.add(Arrays.asList(design, WORKERS.get(i), values[i]));
            }
        });
        csv.finish();
    }

    /** @return milliseconds of a step in Markdown, and up to how many workers each design scales */
    public String markdown() {
        List<String> header = new ArrayList<>(List.of("workers", "examples in a step"));
        seconds.keySet().forEach(design -> header.add(design.name().toLowerCase(Locale.ROOT) + ", ms"));
        MarkdownTable table = new MarkdownTable(header);
        for (int i = 0; i < WORKERS.size(); i++) {
            List<Object> line = new ArrayList<>(List.of(WORKERS.get(i), training.samples() * WORKERS.get(i)));
            for (double[] values : seconds.values()) {
                line.add(1000 * values[i]);
            }
            table.add(line);
        }
        StringBuilder text = new StringBuilder(table.toString()).append('\n');
        seconds.forEach((design, values) -> text.append("- ")
                .append(design.name().toLowerCase(Locale.ROOT))
                .append(": a step takes no more than twice the seconds of one worker with up to ")
                .append(WORKERS.get(lastEfficient(values)))
                .append(" workers\n"));
        return text.toString();
    }

    /** {@return whether it is known how many updates the optimizers take to a loss} */
    public boolean hasTarget() {
        return ofKFac != null && ofSgd != null;
    }

    private double secondsToTarget(Design design, int i) {
        Updates updates = design == Design.SGD ? ofSgd : ofKFac;
        return seconds.get(design)[i] * updates.at((double) training.samples() * WORKERS.get(i));
    }

    /** @return seconds to the loss in Markdown */
    public String markdownToTarget() {
        List<String> header = new ArrayList<>(List.of("workers", "updates of SGD", "updates of K-FAC"));
        seconds.keySet().forEach(design -> header.add(design.name().toLowerCase(Locale.ROOT) + ", s"));
        MarkdownTable table = new MarkdownTable(header);
        for (int i = 0; i < WORKERS.size(); i++) {
            double batch = (double) training.samples() * WORKERS.get(i);
            List<Object> line = new ArrayList<>(List.of(WORKERS.get(i), ofSgd.at(batch), ofKFac.at(batch)));
            for (Design design : seconds.keySet()) {
                line.add(secondsToTarget(design, i));
            }
            table.add(line);
        }
        return table.toString();
    }

    /**
     * Draws {@code scaling-target.png}.
     *
     * @param folder existing folder
     * @throws IOException if the file cannot be written
     */
    public void drawToTarget(Path folder) throws IOException {
        Chart chart = new Chart(
                        work.name() + ", " + training.samples() + " examples a worker",
                        "workers",
                        "seconds to the loss")
                .overDecades();
        double[] workers = WORKERS.stream().mapToDouble(Integer::doubleValue).toArray();
        seconds.forEach((design, values) -> chart.add(
                design.name(),
                COLOURS.get(design),
                workers,
                IntStream.range(0, values.length)
                        .mapToDouble(i -> secondsToTarget(design, i))
                        .toArray(),
                false));
        chart.write(folder.resolve("scaling-target.png"));
    }

    /** The last number of workers of which each does at least half of what one alone does. */
    private static int lastEfficient(double[] values) {
        int last = 0;
        while (last + 1 < values.length && values[last + 1] <= 2 * values[0]) {
            last++;
        }
        return last;
    }

    /**
     * Draws {@code scaling.png}.
     *
     * @param folder existing folder
     * @throws IOException if the file cannot be written
     */
    public void draw(Path folder) throws IOException {
        Chart chart = new Chart(
                        work.name() + ", " + training.samples() + " examples a worker", "workers", "seconds a step")
                .overDecades();
        double[] workers = WORKERS.stream().mapToDouble(Integer::doubleValue).toArray();
        seconds.forEach((design, values) -> chart.add(design.name(), COLOURS.get(design), workers, values, false));
        chart.write(folder.resolve("scaling.png"));
    }
}
