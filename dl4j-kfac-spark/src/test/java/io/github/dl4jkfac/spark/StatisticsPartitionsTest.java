package io.github.dl4jkfac.spark;

import static io.github.dl4jkfac.spark.TestTraining.ROUNDS;
import static io.github.dl4jkfac.spark.TestTraining.WORKERS;
import static io.github.dl4jkfac.spark.TestTraining.batches;
import static io.github.dl4jkfac.spark.TestTraining.data;
import static io.github.dl4jkfac.spark.TestTraining.network;
import static io.github.dl4jkfac.spark.TestTraining.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.session.BatchPart;
import io.github.dl4jkfac.session.JoinedStep;
import io.github.dl4jkfac.session.PartPass;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Partitions that are there for the statistics alone. */
class StatisticsPartitionsTest {

    private static JavaSparkContext spark;

    @BeforeAll
    static void start(@TempDir Path folder) {
        spark = new JavaSparkContext(settings("local[2]"));
        spark.setCheckpointDir(folder.toUri().toString());
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    /** One of two partitions with the same batches says where to go, and the other one what the curvature is: both as one that does both. */
    @ParameterizedTest
    @EnumSource
    void somePartitionsMayMakeTheStatisticsAlone(Reduction reduction) {
        KFac updater = KFac.builder()
                .momentum(0.5)
                .curvature(Curvature.EMPIRICAL_FISHER) // which draws no targets
                .build();
        MultiLayerNetwork alone = network(updater);
        KFacListener.attach(alone);
        List<DataSet> batches = batches(7).subList(0, ROUNDS);
        List<DataSet> twice = new ArrayList<>(batches);
        twice.addAll(batches);
        for (int epoch = 0; epoch < 3; epoch++) {
            batches.forEach(alone::fit);
        }
        MultiLayerNetwork leader = network(updater);
        SparkKFac.builder(spark, leader)
                .reduction(reduction)
                .statisticsPartitions(1)
                .build()
                .fit(spark.parallelize(twice, 2), 3);
        assertThat(leader.params().distance2(alone.params())).isLessThan(1e-5);
        assertThat(leader.score()).isCloseTo(alone.score(), within(1e-5));
        assertThat(leader.getIterationCount()).isEqualTo(3 * ROUNDS);
    }

    /** The same by hand, with other batches for the statistics. */
    @ParameterizedTest
    @EnumSource
    void gradientsOfPartitionsForTheStatisticsDoNotCount(Reduction reduction) {
        KFac updater = new KFac();
        MultiLayerNetwork byHand = network(updater);
        KFacListener.attach(byHand);
        JoinedStep step = new JoinedStep(byHand);
        PartPass ofGradient = step.newPass();
        PartPass ofStatistics = step.newPass();
        List<DataSet> batches = batches(7);
        for (int round = 0; round < ROUNDS; round++) {
            PartPass.Moment moment = round == 0 ? step.moment().andBatch() : step.moment();
            ofGradient.parameters().assign(byHand.params());
            ofStatistics.parameters().assign(byHand.params());
            MultiDataSet first = batches.get(round * WORKERS).toMultiDataSet();
            MultiDataSet second = batches.get(round * WORKERS + 1).toMultiDataSet();
            BatchPart gradient = ofGradient.run(first, moment.withoutStatistics(), 0);
            List<BatchPart> parts = new ArrayList<>(List.of(gradient));
            if (moment.withStatistics()) {
                parts.add(ofStatistics.run(second, moment, 1).statisticsAlone());
            }
            step.take(parts, moment.withBatch() ? first : null);
        }
        MultiLayerNetwork leader = network(updater);
        SparkKFac.builder(spark, leader)
                .reduction(reduction)
                .statisticsPartitions(1)
                .build()
                .fit(data(spark), 1);
        assertThat(leader.params()).isEqualTo(byHand.params());
    }

    @Test
    void thereHasToBeSomebodyWhoTellsTheGradient() {
        Model leader = network(new KFac());
        assertThatThrownBy(() -> SparkKFac.builder(spark, leader)
                        .statisticsPartitions(WORKERS)
                        .build()
                        .fit(data(spark), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("statisticsPartitions must be less than")
                .hasMessageContaining("got " + WORKERS);
    }

    @Test
    void rolesGoRoundFromEpochToEpoch() {
        Roles roles = new Roles(5, 2, 1);
        int[] times = new int[5];
        for (int epoch = 0; epoch < 5; epoch++) {
            int statisticians = 0;
            for (int partition = 0; partition < 5; partition++) {
                if (roles.isStatistician(partition, epoch)) {
                    times[partition]++;
                    statisticians++;
                }
            }
            assertThat(statisticians).isEqualTo(2);
        }
        assertThat(times).containsOnly(2);
        assertThat(roles.rounds(List.of(3, 2, 2, 9, 9), 0)).isEqualTo(3);
        assertThat(new Roles(5, 0, 2).rounds(List.of(3, 2, 2, 9, 9), 0)).isEqualTo(5);
    }
}
