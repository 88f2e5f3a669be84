package io.github.dl4jkfac.examples.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.training.Row;
import io.github.dl4jkfac.examples.training.Scores;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpeedUpTest {

    @Test
    void interpolatesBetweenEvaluations() {
        // 60 lies half-way between 80 at 10 s and 40 at 20 s.
        SpeedUp speedUp = compare(List.of(row(0, 0, 100), row(5, 10, 80), row(9, 20, 40)), row(100, 60, 60));

        assertThat(speedUp.reached()).contains(new SpeedUp.Point(15, 30, 7));
        assertThat(speedUp.ratio(SpeedUp.Point::seconds)).isEqualTo(4);
        assertThat(speedUp.ratio(SpeedUp.Point::steps)).isEqualTo(100 / 7.);
        assertThat(speedUp.describe())
                .contains("kfac at adam's final train loss 60.000 (60.0 s, 100 steps)")
                .contains(
                        "after 15.0 s and 7 steps; 4.00 times as fast in time, 4.00 in processor time, 14.29 in steps");
    }

    @Test
    void theFirstTimeCounts() {
        SpeedUp speedUp =
                compare(List.of(row(0, 0, 100), row(5, 10, 60), row(9, 20, 90), row(15, 30, 50)), row(100, 60, 60));
        assertThat(speedUp.reached()).contains(new SpeedUp.Point(10, 20, 5));
    }

    @Test
    void aTargetThatIsNeverReachedSaysSo() {
        SpeedUp speedUp = compare(List.of(row(0, 0, 100), row(5, 10, 80)), row(100, 60, 60));
        assertThat(speedUp.reached()).isEmpty();
        assertThat(speedUp.ratio(SpeedUp.Point::seconds)).isZero();
        assertThat(speedUp.describe()).endsWith("not reached");
    }

    @Test
    void aDivergedBaselineSetsNoTarget() {
        Map<Optimizer, List<Row>> results = new LinkedHashMap<>();
        results.put(Optimizer.KFAC, List.of(row(0, 0, 100)));
        results.put(Optimizer.ADAM, List.of(row(0, 0, Double.NaN)));
        assertThat(SpeedUp.of(Goal.TRAIN_LOSS, results)).isEmpty();
    }

    @Test
    void aDivergedChallengerReachesWhatItReachedBefore() {
        SpeedUp speedUp = compare(List.of(row(0, 0, 100), row(5, 10, 50), row(9, 20, Double.NaN)), row(100, 60, 60));
        assertThat(speedUp.reached()).contains(new SpeedUp.Point(8, 16, 4));
    }

    @Test
    void ofAccuraciesMoreIsBetter() {
        Map<Optimizer, List<Row>> results = new LinkedHashMap<>();
        results.put(Optimizer.KFAC, List.of(row(0, 0, 0.9), row(5, 10, 0.6), row(9, 20, 0.2)));
        results.put(Optimizer.ADAM, List.of(row(0, 0, 0.9), row(100, 60, 0.4)));
        SpeedUp speedUp = SpeedUp.of(Goal.TEST_ACCURACY, results).get(0);
        assertThat(speedUp.target()).isEqualTo(0.6);
        assertThat(speedUp.reached().orElseThrow().steps()).isCloseTo(7, within(1e-9));
        assertThat(speedUp.describe()).contains("kfac at adam's final test accuracy 0.600");
    }

    @Test
    void aBaselineThatEndsNoBetterThanItBeganSetsNoTarget() {
        Map<Optimizer, List<Row>> results = new LinkedHashMap<>();
        results.put(Optimizer.KFAC, List.of(row(0, 0, 0.9), row(5, 10, 0.6)));
        results.put(Optimizer.ADAM, List.of(row(0, 0, 0.9), row(100, 60, 0.95)));
        assertThat(SpeedUp.of(Goal.TEST_ACCURACY, results)).isEmpty();
    }

    private static SpeedUp compare(List<Row> kfac, Row adamEnd) {
        Map<Optimizer, List<Row>> results = new LinkedHashMap<>();
        results.put(Optimizer.KFAC, kfac);
        results.put(Optimizer.ADAM, List.of(row(0, 0, 100), adamEnd));
        List<SpeedUp> all = SpeedUp.of(Goal.TRAIN_LOSS, results);
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    private static Row row(long step, double seconds, double loss) {
        return new Row(step, step, seconds, 2 * seconds, new Scores(loss, loss, loss, loss));
    }
}
