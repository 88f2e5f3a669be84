package io.github.dl4jkfac.examples.headline;

import io.github.dl4jkfac.examples.report.CsvFile;
import io.github.dl4jkfac.examples.report.MarkdownTable;
import io.github.dl4jkfac.examples.tasks.Task;
import io.github.dl4jkfac.examples.training.Budget;
import io.github.dl4jkfac.examples.training.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What each part of the automatic step is worth: every task with all parts, and with each of them switched off in turn, in the same updates. */
public final class AblationStudy implements StudyOfTasks {

    /** The parts, as the library's system property names them. */
    private static final List<String> PARTS =
            List.of("rate", "fresh", "momentum", "region", "watch", "layers", "trial", "interval");

    private final Trials trials;
    private final List<Long> seeds;
    private final long updates;
    private final Map<Task, Map<String, double[]>> results = new LinkedHashMap<>();

    /**
     * @param trials run or read
     * @param seeds at least one
     * @param updates of each run
     */
    public AblationStudy(Trials trials, List<Long> seeds, long updates) {
        this.trials = trials;
        this.seeds = List.copyOf(seeds);
        this.updates = updates;
    }

    @Override
    public void run(Task task, Problem problem) {
        Map<String, double[]> scores = new LinkedHashMap<>();
        results.put(task, scores);
        Budget budget = new Budget(Double.POSITIVE_INFINITY, updates, (int) Math.min(updates, TaskStudy.EVALUATIONS));
        Trial whole = new Trial(
                task.name(),
                Contender.AUTOMATIC.optimizer(),
                Contender.AUTOMATIC.grid().get(0),
                task.batch(problem),
                seeds.get(0),
                budget,
                0);
        List<String> variants = new ArrayList<>(List.of(""));
        variants.addAll(PARTS);
        for (String without : variants) {
            scores.put(
                    without,
                    seeds.stream()
                            .map(seed ->
                                    trials.rows(problem, whole.withSeed(seed).without(without)))
                            .mapToDouble(rows -> TaskStudy.score(task, rows))
                            .toArray());
        }
    }

    /**
     * Writes {@code ablation.csv}.
     *
     * @param folder existing folder
     */
    @Override
    public void writeNumbers(Path folder) {
        CsvFile csv = new CsvFile(folder.resolve("ablation.csv"), List.of("task", "without", "seed", "score"));
        results.forEach((task, scores) -> scores.forEach((without, values) -> {
            for (int i = 0; i < values.length; i++) {
                csv.add(List.of(task.name(), without, seeds.get(i), values[i]));
            }
        }));
        csv.finish();
    }

    /** @return medians over the seeds in Markdown: the score with all parts, then without each, in units of the first */
    @Override
    public String markdown() {
        List<String> header = new ArrayList<>(List.of("task", "what counts", "all parts"));
        PARTS.forEach(part -> header.add("without " + part));
        MarkdownTable table = new MarkdownTable(header);
        results.forEach((task, scores) -> {
            double whole = TaskStudy.median(scores.get(""));
            List<Object> line = new ArrayList<>(Arrays.asList(task.name(), task.measure(), whole));
            PARTS.forEach(part -> line.add(TaskStudy.median(scores.get(part)) / whole));
            table.add(line);
        });
        List<Object> line = new ArrayList<>(Arrays.asList("geometric mean", "", null));
        PARTS.forEach(part -> line.add(
                geometricMean(scores -> TaskStudy.median(scores.get(part)) / TaskStudy.median(scores.get("")))));
        table.add(line);
        return "## What each part is worth, medians of " + seeds.size() + " seeds; above 1 it helps\n\n" + table;
    }

    private double geometricMean(ToDoubleFunction<Map<String, double[]>> ratio) {
        return Math.exp(results.values().stream()
                .mapToDouble(scores -> Math.log(ratio.applyAsDouble(scores)))
                .average()
                .orElse(Double.NaN));
    }
}
