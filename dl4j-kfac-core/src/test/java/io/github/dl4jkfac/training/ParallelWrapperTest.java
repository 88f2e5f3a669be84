package io.github.dl4jkfac.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.solvers.accumulation.encoding.threshold.AdaptiveThresholdAlgorithm;
import org.deeplearning4j.parallelism.ParallelWrapper;
import org.deeplearning4j.parallelism.trainer.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.opentest4j.AssertionFailedError;

/** DL4J's data-parallel training: replicas of the network in threads of one process. */
@Tag("training")
class ParallelWrapperTest {

    private static final DataType TYPE = DataType.FLOAT;
    private static final int WORKERS = 2;

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"SEQUENTIAL", "GRAPH"})
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void averagingTrains(Kind kind) throws Exception {
        train(kind, ParallelWrapper.TrainingMode.AVERAGING);
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"SEQUENTIAL", "GRAPH"})
    void sharedGradientsTrain(Kind kind) {
        // DL4J's workers may come to wait for each other, with any updater (see LateIterator), so up to three attempts
        int attempts = 3;
        while (!trainsInTime(kind, ParallelWrapper.TrainingMode.SHARED_GRADIENTS)) {
            assertThat(--attempts).as("attempts left").isPositive();
        }
    }

    private static boolean trainsInTime(Kind kind, ParallelWrapper.TrainingMode mode) {
        try {
            assertTimeoutPreemptively(Duration.ofSeconds(90), () -> train(kind, mode));
            return true;
        } catch (AssertionFailedError e) {
            if (e.getMessage().contains("timed out")) {
                return false;
            }
            throw e;
        }
    }

    private static void train(Kind kind, ParallelWrapper.TrainingMode mode) throws Exception {
        List<DataSet> batches = Fixtures.batches(TYPE, 12);
        Model model = kind.create(Fixtures.kfac().build(), TYPE);
        KFacListener listener = KFacListener.attach(model);
        double before = total(model, batches);
        ParallelWrapper.Builder<Model> builder = new ParallelWrapper.Builder<>(model)
                .workers(WORKERS)
                .prefetchBuffer(2)
                .averagingFrequency(2)
                .trainingMode(mode);
        if (mode == ParallelWrapper.TrainingMode.SHARED_GRADIENTS) {
            builder.thresholdAlgorithm(new AdaptiveThresholdAlgorithm(1e-4));
        }
        try (ParallelWrapper wrapper = builder.build()) {
            for (int epoch = 0; epoch < 2; epoch++) {
                wrapper.fit(new LateIterator(batches, epoch > 0)); // the second time its workers are there
            }
        }
        assertThat(Fixtures.isFinite(model.params())).isTrue();
        double between = total(model, batches);
        assertThat(between).isLessThan(before);

        if (model instanceof ComputationGraph graph) {
            // DL4J forgets to, and its next fit would wait for workers that are no more
            graph.setGradientsAccumulator(null);
        }
        Fixtures.fit(model, batches);
        assertThat(listener.report(model).steps()).isPositive();
        assertThat(total(model, batches)).isLessThan(between);
    }

    private static double total(Model model, List<DataSet> batches) {
        return batches.stream()
                .mapToDouble(batch -> Fixtures.score(model, batch))
                .sum();
    }

    /**
     * Lets all workers start before the first batch. Else, with shared gradients, the second one of DL4J's may come to wait for the
     * first one's lock while the first one waits for it: whatever the updater, if the machine is busy.
     */
    private static final class LateIterator extends ListDataSetIterator<DataSet> {

        private boolean started;

        LateIterator(List<DataSet> batches, boolean started) {
            super(batches.stream().flatMap(batch -> batch.asList().stream()).toList(), Fixtures.BATCH);
            this.started = started;
        }

        @Override
        public DataSet next() {
            if (!started) {
                started = true;
                try {
                    awaitWorkers();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return super.next();
        }

        /** Until all wait for their first batch, or for as long as it takes to be sure of that on any machine. */
        private static void awaitWorkers() throws InterruptedException {
            for (int round = 0; round < 30 && waitingWorkers() < WORKERS; round++) {
                Thread.sleep(50);
            }
        }

        private static long waitingWorkers() {
            return Thread.getAllStackTraces().entrySet().stream()
                    .filter(thread -> thread.getKey().getState() != Thread.State.RUNNABLE)
                    .filter(thread -> Stream.of(thread.getValue())
                            .anyMatch(frame -> frame.getClassName().startsWith(Trainer.class.getPackageName())))
                    .count();
        }
    }
}
