package io.github.dl4jkfac.examples.headline;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.report.Chart;
import io.github.dl4jkfac.examples.report.CsvFile;
import io.github.dl4jkfac.examples.report.Goal;
import io.github.dl4jkfac.examples.report.MarkdownTable;
import io.github.dl4jkfac.examples.report.ProgressDisplay;
import io.github.dl4jkfac.examples.report.SpeedUp;
import io.github.dl4jkfac.examples.training.Budget;
import io.github.dl4jkfac.examples.training.Networks;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Row;
import io.github.dl4jkfac.examples.training.TrainingRun;
import io.github.dl4jkfac.parallel.KFacParallel;
import java.awt.Color;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.Model;

/** One optimizer with different numbers of workers, each of which takes batches of the same size: the more workers, the larger a step's batch. */
public final class WorkersStudy {

    private static final List<Color> COLOURS = List.of(
            new Color(0x999999), new Color(0x56B4E9), new Color(0x0072B2), new Color(0xD55E00), new Color(0x8C2D04));

    private final Problem problem;
    private final Optimizer optimizer;
    private final OptimizerSettings settings;
    private final int batch;
    private final double target;
    private final Map<Integer, List<Row>> results = new LinkedHashMap<>();

    /**
     * @param problem what is trained
     * @param optimizer which optimizer
     * @param settings its settings
     * @param batch examples of one worker in a step
     * @param target training loss to which updates are told
     */
    public WorkersStudy(Problem problem, Optimizer optimizer, OptimizerSettings settings, int batch, double target) {
        this.problem = problem;
        this.optimizer = optimizer;
        this.settings = settings;
        this.batch = batch;
        this.target = target;
    }

    /**
     * Trains from the same initial parameters with each number of workers.
     *
     * @param workers how many, in turn
     * @param budget of each
     * @param seed of initial parameters, batches and sampling
     * @param terminal where to show progress
     */
    public void run(List<Integer> workers, Budget budget, long seed, PrintWriter terminal) {
        Networks.warmUp(problem, optimizer, settings, batch);
        for (int count : workers) {
            Model network = Networks.create(problem, optimizer, settings, seed);
            Row start = new Row(0, 0, 0, 0, problem.evaluate(network));
            String name = count + (count == 1 ? " worker" : " workers");
            try (ProgressDisplay display = new ProgressDisplay(name, problem.classifies(), budget, 0, terminal);
                    KFacParallel parallel =
                            KFacParallel.builder(network).workers(count).build()) {
                TrainingRun run = new TrainingRun(
                        problem,
                        budget,
                        batch,
                        seed,
                        display,
                        (leader, batches, step) -> parallel.step(IntStream.range(0, count)
                                .mapToObj(worker -> batches.at(step * count + worker))
                                .toList()),
                        count);
                results.put(count, run.train(network, List.of(start), all -> {}));
            }
        }
    }

    /**
     * Writes {@code workers.csv}: all evaluations.
     *
     * @param folder existing folder
     */
    public void writeNumbers(Path folder) {
        CsvFile csv = new CsvFile(
                folder.resolve("workers.csv"),
                List.of("workers", "updates", "examples", "seconds", "train_loss", "test_loss"));
        results.forEach((workers, rows) -> rows.forEach(row -> csv.add(Arrays.asList(
                workers,
                row.step(),
                row.examples(),
                row.seconds(),
                row.scores().trainLoss(),
                row.scores().testLoss()))));
        csv.finish();
    }

    /**
     * Draws the loss over updates and over seconds.
     *
     * @param folder existing folder
     * @throws IOException if a file cannot be written
     */
    public void draw(Path folder) throws IOException {
        Chart updates = new Chart(problem.signature(), "updates", "training loss");
        Chart seconds = new Chart(problem.signature(), "seconds", "training loss");
        int i = 0;
        for (Map.Entry<Integer, List<Row>> entry : results.entrySet()) {
            Color colour = COLOURS.get(i++ % COLOURS.size());
            String name = entry.getKey() + " x " + batch;
            double[] losses = entry.getValue().stream()
                    .mapToDouble(row -> row.scores().trainLoss())
                    .toArray();
            updates.add(
                    name,
                    colour,
                    entry.getValue().stream().mapToDouble(Row::step).toArray(),
                    losses,
                    false);
            seconds.add(
                    name,
                    colour,
                    entry.getValue().stream().mapToDouble(Row::seconds).toArray(),
                    losses,
                    false);
        }
        updates.write(folder.resolve("workers-updates.png"));
        seconds.write(folder.resolve("workers-seconds.png"));
    }

    /** @return updates and seconds to the target in Markdown, and the time of an update */
    public String markdown() {
        MarkdownTable table = new MarkdownTable(List.of(
                "workers",
                "examples in a step",
                "updates to loss " + target,
                "seconds to it",
                "milliseconds an update",
                "train loss at the end",
                "test loss"));
        results.forEach((workers, rows) -> {
            Optional<SpeedUp.Point> reached = SpeedUp.firstReach(Goal.TRAIN_LOSS, rows, target);
            Row end = rows.get(rows.size() - 1);
            table.add(Arrays.asList(
                    workers,
                    workers * batch,
                    reached.map(SpeedUp.Point::steps).orElse(null),
                    reached.map(SpeedUp.Point::seconds).orElse(null),
                    1000 * end.seconds() / end.step(),
                    end.scores().trainLoss(),
                    end.scores().testLoss()));
        });
        return table.toString();
    }
}
