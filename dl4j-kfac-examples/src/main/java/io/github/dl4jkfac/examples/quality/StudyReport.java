package io.github.dl4jkfac.examples.quality;

import io.github.dl4jkfac.examples.failures.OutputFailure;
import io.github.dl4jkfac.examples.report.CsvFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Follows studies of the quality of directions, on the terminal and in files: every measurement with the methods' own damping
 * in {@code quality.csv} and those with other dampings in {@code damping.csv}, line by line; their means over batches and
 * seeds in {@code quality-table.csv} and {@code damping-table.csv} at the end.
 */
public final class StudyReport {

    private static final List<String> COLUMNS =
            List.of("problem", "seed", "step", "train_loss", "batch", "method", "damping", "indicator", "cosine");
    private static final List<String> TABLE_COLUMNS = List.of(
            "problem",
            "method",
            "damping",
            "step",
            "train_loss",
            "seeds",
            "batches",
            "mean",
            "deviation_over_batches",
            "deviation_over_seeds",
            "mean_cosine");

    private final Path folder;
    private final PrintWriter terminal;
    private final CsvFile own;
    private final CsvFile sweep;
    private final Map<String, Results> results = new LinkedHashMap<>();

    /**
     * What came out for a problem.
     *
     * @param own measurements with the methods' own damping
     * @param sweep those with other dampings
     * @param losses training losses of the seeds at each stage
     */
    record Results(QualityTable own, QualityTable sweep, Map<Integer, List<Double>> losses) {

        double loss(int stage) {
            return losses.get(stage).stream()
                    .mapToDouble(Double::doubleValue)
                    .average()
                    .orElseThrow();
        }
    }

    /**
     * @param folder existing folder for the files
     * @param terminal where to show progress
     */
    public StudyReport(Path folder, PrintWriter terminal) {
        this.folder = folder;
        this.terminal = terminal;
        this.own = new CsvFile(folder.resolve("quality.csv"), COLUMNS);
        this.sweep = new CsvFile(folder.resolve("damping.csv"), COLUMNS);
    }

    /**
     * @param problem name of what is studied
     * @return follows one or several studies of it
     */
    public StudyListener follow(String problem) {
        Results here = results.computeIfAbsent(
                problem, key -> new Results(new QualityTable(), new QualityTable(), new LinkedHashMap<>()));
        return new StudyListener() {
            private double loss;

            @Override
            public void reached(StudyStage stage) {
                loss = stage.scores().trainLoss();
                here.losses
                        .computeIfAbsent(stage.step(), key -> new ArrayList<>())
                        .add(loss);
                terminal.printf(
                        Locale.ROOT,
                        "%s, seed %d, step %d: train loss %.3f, test loss %.3f%n",
                        problem,
                        stage.seed(),
                        stage.step(),
                        loss,
                        stage.scores().testLoss());
                terminal.flush();
            }

            @Override
            public void measured(Measurement measurement) {
                boolean standard = measurement.candidate().damping() == null;
                (standard ? here.own : here.sweep).add(measurement);
                (standard ? own : sweep).add(line(problem, loss, measurement));
            }
        };
    }

    private static List<Object> line(String problem, double loss, Measurement measurement) {
        Candidate candidate = measurement.candidate();
        return Arrays.asList(
                problem,
                measurement.seed(),
                measurement.stage(),
                loss,
                measurement.batch(),
                candidate.method().id(),
                candidate.damping(),
                measurement.indicator(),
                measurement.cosine());
    }

    /** @return what came out for each problem */
    Map<String, Results> results() {
        return results;
    }

    /**
     * Writes the means.
     *
     * @throws OutputFailure if these or the measurements cannot be written
     */
    public void writeTables() {
        CsvFile ownTable = new CsvFile(folder.resolve("quality-table.csv"), TABLE_COLUMNS);
        CsvFile sweepTable = new CsvFile(folder.resolve("damping-table.csv"), TABLE_COLUMNS);
        results.forEach((problem, here) -> {
            write(ownTable, problem, here, here.own);
            write(sweepTable, problem, here, here.sweep);
        });
        List.of(own, sweep, ownTable, sweepTable).forEach(CsvFile::finish);
    }

    private static void write(CsvFile file, String problem, Results results, QualityTable table) {
        for (Candidate candidate : table.candidates()) {
            for (int stage : table.stages()) {
                table.cell(candidate, stage)
                        .ifPresent(cell -> file.add(Arrays.asList(
                                problem,
                                candidate.method().id(),
                                candidate.damping(),
                                stage,
                                results.loss(stage),
                                cell.bySeed().size(),
                                cell.batches(),
                                cell.overSeeds().mean(),
                                cell.overBatches().deviation(),
                                cell.bySeed().size() > 1 ? cell.overSeeds().deviation() : null,
                                cell.cosine())));
            }
        }
    }

    /** @return all tables and what follows from them, ready to print */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        results.forEach((problem, here) -> {
            text.append(String.format("%s: q(d) / q(gradient), less is better, below 1 beats SGD%n", problem));
            text.append(here.own).append(System.lineSeparator());
            if (!here.sweep.candidates().isEmpty()) {
                text.append(String.format("%s, with other dampings%n", problem));
                text.append(here.sweep).append(System.lineSeparator());
            }
            text.append(new QualityClaims(here.own, here.sweep)).append(System.lineSeparator());
        });
        return text.toString();
    }
}
