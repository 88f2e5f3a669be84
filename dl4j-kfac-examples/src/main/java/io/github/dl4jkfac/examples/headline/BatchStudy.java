package io.github.dl4jkfac.examples.headline;

import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Schedule;
import io.github.dl4jkfac.examples.report.Chart;
import io.github.dl4jkfac.examples.report.CsvFile;
import io.github.dl4jkfac.examples.report.Goal;
import io.github.dl4jkfac.examples.report.MarkdownTable;
import io.github.dl4jkfac.examples.report.Palette;
import io.github.dl4jkfac.examples.report.SpeedUp;
import io.github.dl4jkfac.examples.training.Budget;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Row;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How many updates, and how many seconds, each optimizer needs to a fixed loss, over the size of the batch. */
public final class BatchStudy {

    private static final int EVALUATIONS = 200;

    private final Trials trials;
    private final Problem problem;
    private final long seed;
    private final double target;
    private final Map<Contender, Map<Integer, SpeedUp.Point>> results = new LinkedHashMap<>();

    /**
     * @param trials run or read
     * @param problem what is trained
     * @param seed of all runs
     * @param target training loss
     */
    public BatchStudy(Trials trials, Problem problem, long seed, double target) {
        this.trials = trials;
        this.problem = problem;
        this.seed = seed;
        this.target = target;
    }

    /**
     * Runs all; a size at which an optimizer does not get there, whatever its rate, has no result.
     *
     * @param batches sizes
     * @param rates how many learning rates each first-order optimizer has; they stay, since nobody knows the end
     * @param most updates of a run
     */
    public void run(List<Integer> batches, int rates, long most) {
        run(Contender.AUTOMATIC, batches, most);
        for (Contender contender : Contender.firstOrder(rates)) {
            List<OptimizerSettings> constant = contender.grid().stream()
                    .filter(settings -> settings.schedule() == Schedule.CONSTANT)
                    .toList();
            run(new Contender(contender.name(), contender.optimizer(), constant), batches, most);
        }
    }

    private void run(Contender contender, List<Integer> batches, long most) {
        Map<Integer, SpeedUp.Point> reached = new LinkedHashMap<>();
        results.put(contender, reached);
        for (int batch : batches) {
            long bound = most;
            for (OptimizerSettings settings : contender.grid()) {
                // once it is known that a rate gets there, others that take longer need not go on
                Budget budget = new Budget(Double.POSITIVE_INFINITY, bound, (int) Math.min(bound, EVALUATIONS));
                Trial trial = new Trial("batches", contender.optimizer(), settings, batch, seed, budget, target);
                List<Row> rows = trials.rows(problem, trial);
                SpeedUp.Point point =
                        SpeedUp.firstReach(Goal.TRAIN_LOSS, rows, target).orElse(null);
                if (point != null
                        && (!reached.containsKey(batch)
                                || point.steps() < reached.get(batch).steps())) {
                    reached.put(batch, point);
                    bound = (long) Math.ceil(point.steps());
                }
            }
        }
    }

    /**
     * Writes {@code batches.csv}.
     *
     * @param folder existing folder
     */
    public void writeNumbers(Path folder) {
        CsvFile csv = new CsvFile(folder.resolve("batches.csv"), List.of("contender", "batch", "updates", "seconds"));
        results.forEach((contender, reached) -> reached.forEach(
                (batch, point) -> csv.add(Arrays.asList(contender.name(), batch, point.steps(), point.seconds()))));
        csv.finish();
    }

    /**
     * Draws {@code updates-batch.png}.
     *
     * @param folder existing folder
     * @throws IOException if the file cannot be written
     */
    public void draw(Path folder) throws IOException {
        Chart chart = new Chart(problem.signature(), "batch", "updates to loss " + target).overDecades();
        results.forEach((contender, reached) -> {
            if (!reached.isEmpty()) {
                chart.add(
                        contender.name(),
                        Palette.of(contender.optimizer()),
                        reached.keySet().stream()
                                .mapToDouble(Integer::doubleValue)
                                .toArray(),
                        reached.values().stream()
                                .mapToDouble(SpeedUp.Point::steps)
                                .toArray(),
                        false);
            }
        });
        chart.write(folder.resolve("updates-batch.png"));
    }

    /** @return updates and seconds in Markdown */
    public String markdown() {
        MarkdownTable table = new MarkdownTable(List.of("optimizer", "batch", "updates", "seconds"));
        results.forEach((contender, reached) -> reached.forEach(
                (batch, point) -> table.add(Arrays.asList(contender.name(), batch, point.steps(), point.seconds()))));
        return "## Updates to loss " + target + ": " + problem.signature() + "\n\n" + table;
    }
}
