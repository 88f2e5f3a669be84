package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.session.Leader;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.StorageLevel;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Trains a network on Apache Spark. Each partition of the data is a worker: at each step every one of them goes through its next batch with a copy of the
 * network, on an executor; their gradients and statistics are added up, in the order of the partitions, and the driver takes one step with the network itself
 * (Ba, Grosse, Martens 2017, in step). What is computed does not depend on which executor runs a task, nor on how often: a task that is run
 * again, after an executor is lost, tells the same.
 *
 * <pre>{@code
 * SparkKFac training = SparkKFac.builder(sparkContext, net).checkpoints("hdfs:///training", 100).build();
 * training.fit(data.repartition(workers), epochs);
 * }</pre>
 *
 * <p>A step moves the parameters once to each executor, and the parameters' gradient and, when statistics are taken, the packed factors from each
 * partition to the driver, which keeps the curvature, see {@code spark.driver.maxResultSize}; or with {@link Reduction#SHUFFLE} to owners, who keep it.
 * Executors need {@code OMP_NUM_THREADS=1} where a task has one core.
 *
 * <p>Works with {@link io.github.dl4jkfac.KFac}, {@link io.github.dl4jkfac.EKFac}, {@link io.github.dl4jkfac.AdaFisher}, {@link
 * io.github.dl4jkfac.FAdam} and all updaters of Deeplearning4j; clipping, L1 and L2, momentum, constraints and listeners act on the driver.
 */
public final class SparkKFac {

    private final JavaSparkContext spark;
    private final int examplesPerBatch;
    private final int batchesPerStep;
    private final StepCheckpoints checkpoints;
    private final int interval;
    private final Reduction reduction;
    private final int statisticsPartitions;
    private final LeaderSteps steps;

    private Model leader;
    private int firstRound;

    private SparkKFac(Builder builder) {
        this.spark = builder.spark;
        this.leader = builder.leader;
        this.examplesPerBatch = builder.examplesPerBatch;
        this.batchesPerStep = builder.batchesPerStep;
        this.interval = builder.interval;
        this.reduction = builder.reduction;
        this.statisticsPartitions = builder.statisticsPartitions;
        this.steps = new LeaderSteps(spark, builder.reduction);
        this.checkpoints =
                builder.folder == null ? null : new StepCheckpoints(builder.folder, spark.hadoopConfiguration());
    }

    /**
     * Begins to describe the training of a network.
     *
     * @param spark the driver's context
     * @param leader an initialised MultiLayerNetwork or ComputationGraph, with any updaters
     * @return a builder
     * @throws IllegalArgumentException if the network learns by truncated back-propagation, or is of another kind
     */
    public static Builder builder(JavaSparkContext spark, Model leader) {
        return new Builder(spark, leader);
    }

    /** Describes how a network is to be trained. */
    public static final class Builder {

        private final JavaSparkContext spark;
        private final Model leader;
        private int examplesPerBatch;
        private int batchesPerStep = 1;
        private String folder;
        private int interval;
        private Reduction reduction = Reduction.DRIVER;
        private int statisticsPartitions;

        private Builder(JavaSparkContext spark, Model leader) {
            this.spark = Objects.requireNonNull(spark, "spark");
            Leader.of("SparkKFac", leader);
            this.leader = leader;
        }

        /**
         * Joins the elements of a partition until a batch has enough examples; without this each element is a batch.
         *
         * @param examples at least 1; the last batch of a partition may have fewer
         * @return this builder
         * @throws IllegalArgumentException for another number
         */
        public Builder examplesPerBatch(int examples) {
            examplesPerBatch = requireAtLeastOne("examplesPerBatch", examples);
            return this;
        }

        /**
         * Has each worker go through several batches in each step, one after the other. So a step's batch can be larger than what fits into an executor's
         * memory, and the driver hears less often of all of them.
         *
         * @param number batches of each worker in a step, at least 1; 1 if it is not called
         * @return this builder
         * @throws IllegalArgumentException for another number
         */
        public Builder batchesPerStep(int number) {
            batchesPerStep = requireAtLeastOne("batchesPerStep", number);
            return this;
        }

        /**
         * Saves the network and its updater state while it trains, and lets {@link SparkKFac#fit} go on where the newest checkpoint of the
         * folder was made. The last two checkpoints stay.
         *
         * @param path a folder of any file system that Hadoop knows, of this training alone
         * @param steps from one checkpoint to the next, at least 1
         * @return this builder
         * @throws IllegalArgumentException for another number of steps
         */
        public Builder checkpoints(String path, int steps) {
            folder = Objects.requireNonNull(path, "path");
            interval = requireAtLeastOne("steps", steps);
            return this;
        }

        /**
         * Chooses how what the executors find comes together.
         *
         * @param way by the driver unless this is called
         * @return this builder
         */
        public Builder reduction(Reduction way) {
            reduction = Objects.requireNonNull(way, "way");
            return this;
        }

        /**
         * Has some partitions make the statistics, and nothing else, while the others go through their batches without (Ba, Grosse, Martens 2017, sec. 4). A step
         * that takes statistics then takes no longer than others. Which partitions they are changes from one epoch to the next.
         *
         * @param number of the partitions, at least 1 and less than all; without this all partitions do both
         * @return this builder
         * @throws IllegalArgumentException for another number
         */
        public Builder statisticsPartitions(int number) {
            statisticsPartitions = requireAtLeastOne("statisticsPartitions", number);
            return this;
        }

        private static int requireAtLeastOne(String name, int number) {
            if (number < 1) {
                throw new IllegalArgumentException(name + " must be at least 1, got " + number);
            }
            return number;
        }

        /**
         * Makes the training.
         *
         * @return the training
         * @throws java.io.UncheckedIOException if the folder of checkpoints cannot be created
         */
        public SparkKFac build() {
            return new SparkKFac(this);
        }
    }

    /**
     * Trains the network until it has been through the data so many times, those of earlier trainings included. If there is a checkpoint of a later
     * time than the network's, training goes on from there, with the same bits as if it had never stopped: data and partitions have to be the same
     * again.
     *
     * @param data batches, or examples; kept by Spark as long as this takes. The order within a partition has to be the same whenever Spark computes it anew
     * @param epochs DL4J's count of epochs at the end
     * @return the trained network: the one that was given, or the one of the checkpoint that training went on from
     * @throws IllegalArgumentException if the updater makes each step of the rows of the very batch, or an option has a value that no step can
     *     use
     * @throws UnsupportedOperationException if the statistics of some layer cannot be made of parts of a batch, naming the layer
     */
    public Model fit(JavaRDD<DataSet> data, int epochs) {
        return fitMultiDataSet(data.map(DataSet::toMultiDataSet), epochs);
    }

    /**
     * Trains the network, as {@link #fit}.
     *
     * @param data batches, or examples
     * @param epochs DL4J's count of epochs at the end
     * @return the trained network
     */
    public Model fitMultiDataSet(JavaRDD<MultiDataSet> data, int epochs) {
        requireFolderForCurvature();
        resume();
        int least = examplesPerBatch;
        JavaRDD<Shard> shards = data.mapPartitions(
                        elements -> List.of(Shard.of(elements, least)).iterator())
                .persist(StorageLevel.MEMORY_AND_DISK());
        try {
            List<Integer> batches = shards.map(shard -> shard.batches().size()).collect();
            if (batches.stream().allMatch(number -> number == 0)) {
                throw new IllegalArgumentException("The data is empty: there is nothing to train on");
            }
            Roles roles = roles(batches.size());
            while (leader().epoch() < epochs) {
                epoch(shards, roles, roles.rounds(batches, leader().epoch()));
            }
        } finally {
            shards.unpersist(false);
            steps.close();
        }
        return leader;
    }

    private void resume() {
        Optional<StepCheckpoints.Place> last = checkpoints == null ? Optional.empty() : checkpoints.last();
        if (last.isPresent() && last.get().iteration() > leader().iteration()) {
            List<TrainingListener> listeners = leader().listeners();
            leader = checkpoints.load(last.get(), leader instanceof ComputationGraph);
            leader.setListeners(listeners.stream()
                    .filter(listener -> !(listener instanceof KFacListener))
                    .toList());
            firstRound = last.get().round();
        }
    }

    private Roles roles(int partitions) {
        if (statisticsPartitions >= partitions) {
            throw new IllegalArgumentException(
                    "statisticsPartitions must be less than the number of the data's partitions, " + partitions
                            + ", got " + statisticsPartitions + ": the others tell the gradient");
        }
        return new Roles(partitions, statisticsPartitions, batchesPerStep);
    }

    private void epoch(JavaRDD<Shard> shards, Roles roles, int rounds) {
        if (firstRound == 0) {
            leader().beginEpoch();
        }
        for (int round = firstRound; round < rounds; round++) {
            steps.step(leader, shards, roles, round);
            if (checkpoints != null && leader().iteration() % interval == 0) {
                save(round + 1);
            }
        }
        firstRound = 0;
        steps.gather();
        leader().endEpoch();
        if (checkpoints != null) {
            save(0);
        }
    }

    /** Curvature that is with the executors has to be written somewhere from time to time. */
    private void requireFolderForCurvature() {
        if (reduction != Reduction.SHUFFLE || spark.getCheckpointDir().isPresent()) {
            return;
        }
        if (checkpoints == null) {
            throw new IllegalArgumentException("Reduction.SHUFFLE needs a folder that all executors can write to: call"
                    + " checkpoints(path, steps), or setCheckpointDir(path) of the Spark context");
        }
        spark.setCheckpointDir(checkpoints.folderForCurvature());
    }

    private void save(int round) {
        steps.gather();
        checkpoints.save(leader, leader().iteration(), round);
    }

    private Leader leader() {
        return new Leader(leader);
    }
}
