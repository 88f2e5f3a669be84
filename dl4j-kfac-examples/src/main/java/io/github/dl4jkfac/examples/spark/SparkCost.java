package io.github.dl4jkfac.examples.spark;

import io.github.dl4jkfac.BlockSummary;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.diagnostics.Phase;
import io.github.dl4jkfac.examples.data.TrainingBatches;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.spark.Reduction;
import io.github.dl4jkfac.spark.SparkKFac;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Measures what a step on Spark costs beside the passes: seconds, and bytes on their way.
 *
 * @param problem what is trained
 * @param batch examples of each worker in a step
 * @param steps how many are measured
 * @param statisticsInterval steps from one batch that enters the statistics to the next
 * @param inverseInterval steps from one refresh of the inverses to the next
 */
public record SparkCost(Problem problem, int batch, int steps, int statisticsInterval, int inverseInterval) {

    private static final double BYTES = 4;

    private static final long EVENTS_MILLIS = 500;

    /** How a network is trained. */
    public enum Way {
        /** The driver does all of it. */
        DRIVER(Reduction.DRIVER, false),
        /** So it does here, but computes the inverses in the background. */
        DRIVER_IN_BACKGROUND(Reduction.DRIVER, true),
        /** Owners do. */
        SHUFFLE(Reduction.SHUFFLE, false),
        /** Owners, and they compute the inverses in the background. */
        SHUFFLE_IN_BACKGROUND(Reduction.SHUFFLE, true);

        private final Reduction reduction;
        private final boolean inBackground;

        Way(Reduction reduction, boolean inBackground) {
            this.reduction = reduction;
            this.inBackground = inBackground;
        }

        /** {@return whether the inverses are computed in the background} */
        public boolean inBackground() {
            return inBackground;
        }
    }

    /**
     * What a step took, on average.
     *
     * @param way how it was trained
     * @param workers partitions of the data
     * @param seconds all of it
     * @param slowestTasks seconds of the slowest task of each of its stages
     * @param preconditioning seconds of the driver
     * @param inverses seconds of the driver
     * @param toDriver bytes of results
     * @param toDriverByFormula what they should be
     * @param shuffled bytes from task to task
     * @param shuffledByFormula what they should be
     * @param broadcast bytes from the driver, each counted once
     * @param broadcastByFormula what they should be
     */
    public record Result(
            Way way,
            int workers,
            double seconds,
            double slowestTasks,
            double preconditioning,
            double inverses,
            double toDriver,
            double toDriverByFormula,
            double shuffled,
            double shuffledByFormula,
            double broadcast,
            double broadcastByFormula) {

        /** {@return seconds that neither the tasks nor the driver's own work take} */
        public double overhead() {
            return seconds - slowestTasks - preconditioning - inverses;
        }
    }

    /**
     * Measures one way.
     *
     * @param way how to train
     * @param workers partitions of the data
     * @param master of Spark, where spark-submit names none
     * @return what a step took
     */
    public Result measure(Way way, int workers, String master) {
        KFac.Builder updater = KFac.builder()
                .momentum(KFac.DEFAULT_MOMENTUM)
                .statisticsInterval(statisticsInterval)
                .inverseInterval(inverseInterval);
        Model network = problem.network((way.inBackground ? updater.backgroundRefresh() : updater).build(), 1);
        KFacListener listener = KFacListener.attach(network);
        SparkConf conf = new SparkConf()
                .setAppName("dl4j-kfac spark-cost")
                .setIfMissing("spark.master", master)
                .setIfMissing("spark.ui.showConsoleProgress", "false")
                .set("spark.shuffle.compress", "false") // so that bytes can be held against what they should be
                .set("spark.broadcast.compress", "false");
        Meters meters = new Meters(listener);
        network.addListeners(meters);
        Path folder = temporary();
        try (JavaSparkContext spark = new JavaSparkContext(conf)) {
            spark.setCheckpointDir(folder.toUri().toString());
            meters.spark = spark;
            SparkKFac.builder(spark, network).reduction(way.reduction).build().fit(data(spark, workers), 1);
        }
        return meters.result(way, workers, network);
    }

    /** After so many steps statistics and inverses are not made more often any more than their intervals say. */
    private int warmUp() {
        return 4 * Math.max(statisticsInterval, inverseInterval);
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("spark-cost");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One batch for each worker, the same in each step. */
    private JavaRDD<DataSet> data(JavaSparkContext spark, int workers) {
        try (TrainingBatches batches = problem.batches(batch, 1)) {
            List<DataSet> all = IntStream.range(0, workers)
                    .mapToObj(worker -> batches.at(worker).copy())
                    .toList();
            int times = warmUp() + steps;
            Broadcast<List<DataSet>> shared = spark.broadcast(all);
            return spark.parallelize(IntStream.range(0, workers).boxed().toList(), workers)
                    .flatMap(worker -> Collections.nCopies(times, shared.value().get(worker))
                            .iterator());
        }
    }

    /** Of symmetric factors a triangle travels. */
    private static double statisticsEntries(Model network) {
        return KFacListener.blocks(network).stream()
                .mapToDouble(SparkCost::statisticsEntries)
                .sum();
    }

    private static double statisticsEntries(BlockSummary block) {
        double inputs = block.inputDimension();
        double outputs = block.outputs();
        return block.block().equals("Unitwise")
                ? outputs * inputs * (inputs + 1) / 2
                : inputs * (inputs + 1) / 2 + outputs * (outputs + 1) / 2;
    }

    private final class Meters extends BaseTrainingListener {

        private final KFacListener listener;
        private JavaSparkContext spark;
        private TaskMeter tasks;
        private long start;
        private double seconds;
        private double preconditioning;
        private double inverses;

        Meters(KFacListener listener) {
            this.listener = listener;
        }

        @Override
        public void iterationDone(Model model, int iteration, int epoch) {
            int done = iteration + 1;
            if (done == warmUp()) {
                tasks = new TaskMeter();
                spark.sc().addSparkListener(tasks);
                preconditioning = phase(model, Phase.PRECONDITIONING);
                inverses = phase(model, Phase.INVERSES);
                start = System.nanoTime();
            } else if (done == warmUp() + steps) {
                seconds = (System.nanoTime() - start) * 1e-9;
                preconditioning = phase(model, Phase.PRECONDITIONING) - preconditioning;
                inverses = phase(model, Phase.INVERSES) - inverses;
                awaitEvents();
                spark.sc().removeSparkListener(tasks);
            }
        }

        /** Spark tells of its tasks a moment later. */
        private void awaitEvents() {
            try {
                Thread.sleep(EVENTS_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private double phase(Model model, Phase phase) {
            return 1e-9 * listener.report(model).phaseNanos().getOrDefault(phase, 0L);
        }

        Result result(Way way, int workers, Model network) {
            double parameters = BYTES * network.numParams();
            double statistics = BYTES * statisticsEntries(network) / statisticsInterval;
            boolean byDriver = way.reduction == Reduction.DRIVER;
            double found = workers * (parameters + statistics);
            return new Result(
                    way,
                    workers,
                    seconds / steps,
                    tasks.slowestTasks() / steps,
                    byDriver ? preconditioning / steps : 0, // with owners it is in the tasks
                    inverses / steps,
                    tasks.resultBytes() / steps,
                    byDriver ? found : 2 * parameters,
                    tasks.shuffleBytes() / steps,
                    byDriver ? 0 : found,
                    tasks.broadcastBytes() / steps,
                    byDriver ? parameters : 2 * parameters);
        }
    }
}
