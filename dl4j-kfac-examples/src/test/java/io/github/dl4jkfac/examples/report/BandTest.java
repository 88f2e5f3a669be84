package io.github.dl4jkfac.examples.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.examples.training.Row;
import io.github.dl4jkfac.examples.training.Scores;
import java.util.List;
import org.junit.jupiter.api.Test;

class BandTest {

    private static Row row(long step, double loss) {
        return new Row(step, step, step, step, new Scores(loss, 0, loss, 0));
    }

    @Test
    void followsTheMiddleAndTheRangeUpToTheShortestRun() {
        List<List<Row>> runs = List.of(
                List.of(row(0, 9), row(1, 5), row(3, 3)),
                List.of(row(0, 9), row(1, 6), row(5, 2)),
                List.of(row(0, 9), row(1, 7), row(5, 3)));
        Band band = Band.of(runs, Row::step, row -> row.scores().trainLoss());
        int last = band.places().length - 1;
        assertThat(band.places()[0]).isEqualTo(1);
        assertThat(band.places()[last]).isCloseTo(3, within(1e-12));
        assertThat(new double[] {band.low()[0], band.middle()[0], band.high()[0]})
                .containsExactly(5, 6, 7);
        // at step 3: 3, (6 + 2) / 2 and (7 + 3) / 2
        assertThat(band.low()[last]).isCloseTo(3, within(1e-12));
        assertThat(band.middle()[last]).isCloseTo(4, within(1e-12));
        assertThat(band.high()[last]).isCloseTo(5, within(1e-12));
    }
}
