package io.github.dl4jkfac.examples.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Setting;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.DataSet;

class TrainingRunTest {

    private final AutoencoderProblem problem = TinyProblem.create();

    @Test
    void allOptimizersStartFromTheSameParameters() {
        Model first = network(Optimizer.ADAM, OptimizerSettings.DEFAULTS);
        for (Optimizer optimizer : Optimizer.values()) {
            assertThat(network(optimizer, OptimizerSettings.DEFAULTS).params())
                    .as(optimizer.id())
                    .isEqualTo(first.params());
        }
    }

    @Test
    void evaluatesAtRegularIntervalsAndAtTheEnd() {
        List<Row> rows = train(new Budget(Double.POSITIVE_INFINITY, 10, 4), OptimizerSettings.DEFAULTS);

        assertThat(rows).extracting(Row::step).containsExactly(0L, 3L, 5L, 8L, 10L);
        assertThat(rows).extracting(Row::examples).containsExactly(0L, 60L, 100L, 160L, 200L);
        assertThat(rows).extracting(Row::seconds).isSorted();
        assertThat(rows.get(4).scores().trainLoss())
                .isLessThan(rows.get(0).scores().trainLoss());
    }

    @Test
    void endsWhenTheTimeIsUp() {
        List<Row> rows = train(new Budget(0.2, Long.MAX_VALUE, 2), OptimizerSettings.DEFAULTS);

        Row last = rows.get(rows.size() - 1);
        assertThat(last.seconds()).isGreaterThanOrEqualTo(0.2);
        assertThat(last.cpuSeconds()).isPositive();
        assertThat(rows.get(rows.size() - 2).seconds()).isLessThan(0.2);
    }

    @Test
    void aDivergedRunEndsEarlyWithARow() {
        List<Row> rows = train(
                new Budget(Double.POSITIVE_INFINITY, 1000, 1),
                OptimizerSettings.DEFAULTS.with(Setting.LEARNING_RATE, 1e39));

        Row last = rows.get(rows.size() - 1);
        assertThat(last.step()).isBetween(1L, 999L);
        assertThat(last.scores().finite()).isFalse();
    }

    @Test
    void theLossAgreesWithDeeplearning4jsScore() {
        MultiLayerNetwork network = (MultiLayerNetwork) network(Optimizer.ADAM, OptimizerSettings.DEFAULTS);
        Scores scores = problem.evaluate(network);

        assertThat(scores.testLoss())
                .isCloseTo(network.score(new DataSet(problem.testImages(40), problem.testImages(40))), within(1e-2));
        double error = network.output(problem.testImages(40)).squaredDistance(problem.testImages(40)) / 40;
        assertThat(scores.testError()).isCloseTo(error, within(1e-3));
    }

    private Model network(Optimizer optimizer, OptimizerSettings settings) {
        return Networks.create(problem, optimizer, settings, 11);
    }

    private List<Row> train(Budget budget, OptimizerSettings settings) {
        Model network = network(Optimizer.SGD, settings);
        Row start = new Row(0, 0, 0, 0, problem.evaluate(network));
        List<List<Row>> saved = new ArrayList<>();
        List<Row> rows = new TrainingRun(problem, budget, TinyProblem.BATCH, 11, Progress.SILENT)
                .train(network, List.of(start), saved::add);
        assertThat(saved.get(saved.size() - 1)).isEqualTo(rows);
        return rows;
    }
}
