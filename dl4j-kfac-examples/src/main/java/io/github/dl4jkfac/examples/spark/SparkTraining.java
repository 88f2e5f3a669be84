package io.github.dl4jkfac.examples.spark;

import io.github.dl4jkfac.examples.data.TrainingBatches;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.report.ProgressDisplay;
import io.github.dl4jkfac.examples.training.Budget;
import io.github.dl4jkfac.examples.training.Networks;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Row;
import io.github.dl4jkfac.spark.Reduction;
import io.github.dl4jkfac.spark.SparkKFac;
import java.io.PrintWriter;
import java.util.ArrayList;
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
 * One network trained by K-FAC on Spark.
 *
 * @param problem what is trained
 * @param workers partitions of the data
 * @param batch examples of each worker in a step
 * @param epochs how often all data are taken
 * @param checkpoints a folder of any Hadoop file system; null for none
 * @param reduction how what the executors find comes together
 */
public record SparkTraining(
        Problem problem, int workers, int batch, int epochs, String checkpoints, Reduction reduction) {

    private static final int CHECKPOINT_INTERVAL = 20;

    /**
     * Trains.
     *
     * @param master of the cluster where the settings of {@code spark-submit} name none
     * @param seed of initial parameters and batches
     * @param evaluations how many, evenly over the training
     * @param terminal where to show progress
     * @return the evaluations
     */
    public List<Row> run(String master, long seed, int evaluations, PrintWriter terminal) {
        long perEpoch = problem.trainCount() / ((long) workers * batch);
        Budget budget = new Budget(Double.POSITIVE_INFINITY, perEpoch * epochs, evaluations);
        Model network = Networks.create(problem, Optimizer.KFAC, OptimizerSettings.DEFAULTS, seed);
        SparkConf conf = new SparkConf()
                .setAppName("dl4j-kfac spark-autoencoder")
                .setIfMissing("spark.master", master)
                .setIfMissing("spark.ui.showConsoleProgress", "false");
        try (ProgressDisplay display = new ProgressDisplay("kfac", problem.classifies(), budget, 0, terminal);
                JavaSparkContext spark = new JavaSparkContext(conf)) {
            Follower follower = new Follower(budget, display, new Row(0, 0, 0, 0, problem.evaluate(network)));
            network.addListeners(follower);
            SparkKFac.Builder training = SparkKFac.builder(spark, network).reduction(reduction);
            if (checkpoints != null) {
                training.checkpoints(checkpoints, CHECKPOINT_INTERVAL);
            }
            training.build().fit(data(spark, perEpoch, seed), epochs);
            return follower.rows;
        }
    }

    /** Each worker's batches in a partition of its own. A list given to Spark would travel with every task, a broadcast travels once. */
    private JavaRDD<DataSet> data(JavaSparkContext spark, long perEpoch, long seed) {
        List<List<DataSet>> all = new ArrayList<>();
        try (TrainingBatches batches = problem.batches(batch, seed)) {
            for (int worker = 0; worker < workers; worker++) {
                List<DataSet> own = new ArrayList<>();
                for (long step = 0; step < perEpoch; step++) {
                    own.add(batches.at(step * workers + worker).copy());
                }
                all.add(own);
            }
        }
        Broadcast<List<List<DataSet>>> shared = spark.broadcast(all);
        return spark.parallelize(IntStream.range(0, workers).boxed().toList(), workers)
                .flatMap(worker -> shared.value().get(worker).iterator());
    }

    /** Evaluates on the driver; the clock stands still meanwhile. */
    private final class Follower extends BaseTrainingListener {

        private final Budget budget;
        private final ProgressDisplay display;
        private final List<Row> rows = new ArrayList<>();
        private long resumed = System.nanoTime();
        private double seconds;

        Follower(Budget budget, ProgressDisplay display, Row start) {
            this.budget = budget;
            this.display = display;
            rows.add(start);
        }

        @Override
        public void iterationDone(Model model, int iteration, int epoch) {
            seconds += (System.nanoTime() - resumed) * 1e-9;
            long step = iteration + 1L;
            display.stepDone(step, seconds, model.score());
            Row last = rows.get(rows.size() - 1);
            if (budget.used(step, seconds) >= 1
                    || budget.evaluationIndex(step, seconds) > budget.evaluationIndex(last.step(), last.seconds())) {
                Row row = new Row(step, step * workers * batch, seconds, 0, problem.evaluate(model));
                rows.add(row);
                display.evaluated(row);
            }
            resumed = System.nanoTime();
        }
    }
}
