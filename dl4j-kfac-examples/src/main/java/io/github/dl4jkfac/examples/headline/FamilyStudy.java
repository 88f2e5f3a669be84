package io.github.dl4jkfac.examples.headline;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Setting;
import io.github.dl4jkfac.examples.report.CsvFile;
import io.github.dl4jkfac.examples.report.MarkdownTable;
import io.github.dl4jkfac.examples.tasks.Task;
import io.github.dl4jkfac.examples.training.Budget;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Whether automatic steps suit the other methods too: every method that can have them on every task, in the same updates, untuned. */
public final class FamilyStudy implements StudyOfTasks {

    private static final List<Optimizer> METHODS = List.of(
            Optimizer.KFAC,
            Optimizer.KFAC_TRIDIAGONAL,
            Optimizer.EKFAC,
            Optimizer.EGN,
            Optimizer.SF,
            Optimizer.IEF,
            Optimizer.EF,
            Optimizer.FNGD,
            Optimizer.ADAFISHER);

    private static final OptimizerSettings AUTOMATIC = OptimizerSettings.DEFAULTS.with(Setting.AUTOMATIC, true);

    private final Trials trials;
    private final List<Long> seeds;
    private final long updates;
    private final Map<Task, List<Double>> results = new LinkedHashMap<>();
    private final Map<Task, Double> beginnings = new LinkedHashMap<>();

    /**
     * @param trials run or read
     * @param seeds at least one
     * @param updates of each run
     */
    public FamilyStudy(Trials trials, List<Long> seeds, long updates) {
        this.trials = trials;
        this.seeds = List.copyOf(seeds);
        this.updates = updates;
    }

    @Override
    public void run(Task task, Problem problem) {
        Budget budget = new Budget(Double.POSITIVE_INFINITY, updates, (int) Math.min(updates, TaskStudy.EVALUATIONS));
        List<Double> scores = new ArrayList<>();
        for (Optimizer method : METHODS) {
            Trial trial = new Trial(task.name(), method, AUTOMATIC, task.batch(problem), seeds.get(0), budget, 0);
            List<List<Row>> runs = seeds.stream()
                    .map(seed -> trials.rows(problem, trial.withSeed(seed)))
                    .toList();
            scores.add(TaskStudy.median(runs.stream()
                    .mapToDouble(rows -> TaskStudy.score(task, rows))
                    .toArray()));
            beginnings.putIfAbsent(
                    task,
                    TaskStudy.median(runs.stream()
                            .mapToDouble(rows -> task.score(rows.get(0).scores()))
                            .toArray()));
        }
        results.put(task, scores);
    }

    /**
     * Writes {@code family.csv}.
     *
     * @param folder existing folder
     */
    @Override
    public void writeNumbers(Path folder) {
        CsvFile csv = new CsvFile(folder.resolve("family.csv"), List.of("task", "method", "beginning", "score"));
        results.forEach((task, scores) -> {
            for (int i = 0; i < scores.size(); i++) {
                csv.add(List.of(task.name(), METHODS.get(i).id(), beginnings.get(task), scores.get(i)));
            }
        });
        csv.finish();
    }

    /** @return medians over the seeds in Markdown: the score before training, then that of each method */
    @Override
    public String markdown() {
        List<String> header = new ArrayList<>(List.of("task", "what counts", "before"));
        METHODS.forEach(method -> header.add(method.id()));
        MarkdownTable table = new MarkdownTable(header);
        results.forEach((task, scores) -> {
            List<Object> line = new ArrayList<>(List.of(task.name(), task.measure(), beginnings.get(task)));
            line.addAll(scores);
            table.add(line);
        });
        return "## The family with automatic steps, medians of " + seeds.size() + " seeds, less is better\n\n" + table;
    }
}
