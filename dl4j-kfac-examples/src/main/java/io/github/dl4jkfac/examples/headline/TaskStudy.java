package io.github.dl4jkfac.examples.headline;

import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.report.CsvFile;
import io.github.dl4jkfac.examples.report.MarkdownTable;
import io.github.dl4jkfac.examples.tasks.Task;
import io.github.dl4jkfac.examples.training.Budget;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.statistics.descriptive.Median;

/** Many tasks, in the same seconds: automatic K-FAC, Adam at the best of its rates, and K-FAC at the best of its settings by hand. */
public final class TaskStudy implements StudyOfTasks {

    static final int EVALUATIONS = 40;

    /** A run is judged by the median of its last evaluations: where batches are small, a single one is luck. */
    private static final int LAST = 8;

    private final Trials trials;
    private final List<Long> seeds;
    private final int rates;
    private final double seconds;
    private final Map<Task, Map<Contender, Outcome>> results = new LinkedHashMap<>();

    /** Medians over the seeds. */
    private record Outcome(String settings, double score, double updates) {}

    /**
     * @param trials run or read
     * @param seeds at least one; settings are chosen on the first
     * @param rates how many learning rates Adam has
     * @param seconds of each run
     */
    public TaskStudy(Trials trials, List<Long> seeds, int rates, double seconds) {
        this.trials = trials;
        this.seeds = List.copyOf(seeds);
        this.rates = rates;
        this.seconds = seconds;
    }

    @Override
    public void run(Task task, Problem problem) {
        Map<Contender, Outcome> outcomes = new LinkedHashMap<>();
        results.put(task, outcomes);
        Budget budget = new Budget(seconds, Long.MAX_VALUE, EVALUATIONS);
        for (Contender contender : List.of(Contender.AUTOMATIC, Contender.adam(rates), Contender.byHand())) {
            Trial any = new Trial(
                    task.name(),
                    contender.optimizer(),
                    OptimizerSettings.DEFAULTS,
                    task.batch(problem),
                    seeds.get(0),
                    budget,
                    0);
            try {
                Search search = Search.of(trials, problem, contender, any, rows -> score(task, rows));
                List<List<Row>> runs = seeds.stream()
                        .map(seed ->
                                trials.rows(problem, any.with(search.best()).withSeed(seed)))
                        .toList();
                outcomes.put(
                        contender,
                        new Outcome(
                                search.best().describe(),
                                median(runs.stream()
                                        .mapToDouble(rows -> score(task, rows))
                                        .toArray()),
                                median(runs.stream()
                                        .mapToDouble(rows ->
                                                rows.get(rows.size() - 1).step())
                                        .toArray())));
            } catch (UserError e) {
                throw new UserError(task.name() + ": " + e.getMessage(), e);
            }
        }
    }

    /** How good a run is at its end; less is better. */
    static double score(Task task, List<Row> rows) {
        return median(rows.subList(Math.max(0, rows.size() - LAST), rows.size()).stream()
                .mapToDouble(row -> task.score(row.scores()))
                .toArray());
    }

    static double median(double[] values) {
        return Median.withDefaults().evaluate(values);
    }

    /**
     * Writes {@code tasks.csv}.
     *
     * @param folder existing folder
     */
    @Override
    public void writeNumbers(Path folder) {
        CsvFile csv =
                new CsvFile(folder.resolve("tasks.csv"), List.of("task", "contender", "settings", "score", "updates"));
        results.forEach((task, outcomes) -> outcomes.forEach((contender, outcome) ->
                csv.add(List.of(task.name(), contender.name(), outcome.settings, outcome.score, outcome.updates))));
        csv.finish();
    }

    /** @return the table in Markdown */
    @Override
    public String markdown() {
        List<String> header = new ArrayList<>(List.of("task", "what counts"));
        header.addAll(
                List.of("automatic", "Adam", "its settings", "over Adam", "by hand", "its settings", "over by hand"));
        MarkdownTable table = new MarkdownTable(header);
        results.forEach((task, outcomes) -> {
            List<Outcome> all = new ArrayList<>(outcomes.values());
            if (all.size() == 3) {
                double own = all.get(0).score;
                table.add(Arrays.asList(
                        task.name() + (task.heldOut() ? " (held out)" : ""),
                        task.measure(),
                        own,
                        all.get(1).score,
                        all.get(1).settings,
                        own / all.get(1).score,
                        all.get(2).score,
                        all.get(2).settings,
                        own / all.get(2).score));
            }
        });
        return "## Tasks, medians of " + seeds.size() + " seeds, less is better\n\n" + table;
    }
}
