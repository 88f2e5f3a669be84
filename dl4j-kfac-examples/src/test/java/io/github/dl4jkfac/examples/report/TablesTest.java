package io.github.dl4jkfac.examples.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.training.Row;
import io.github.dl4jkfac.examples.training.Scores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TablesTest {

    @Test
    void textStandsLeftAndNumbersStandRight() {
        TextTable table = new TextTable(List.of("name", "settings", "steps", "loss"));
        table.add(Arrays.asList("kfac", "defaults", 7, 52.126));
        table.add(Arrays.asList("nesterovs", "rate=0.1", 12345, null));
        assertThat(table.toString().lines())
                .containsExactly(
                        "name       settings  steps   loss",
                        "kfac       defaults      7  52.13",
                        "nesterovs  rate=0.1  12345      -");
    }

    @Test
    void theWordsOfAHeaderStandOneAboveTheOther() {
        TextTable table = new TextTable(List.of("name", "cpu s", "final train loss"));
        table.add(List.of("kfac", 1, 2.5));
        assertThat(table.toString().lines())
                .containsExactly(
                        "           final", //
                        "      cpu  train",
                        "name    s   loss",
                        "kfac    1   2.50");
    }

    @Test
    void theSizeOfANumberDecidesItsDigits() {
        TextTable table = new TextTable(List.of("a", "b", "c", "d", "e"));
        table.add(List.of(12345.6, 0.25, 0.0123, 0.0, Double.NaN));
        assertThat(table.toString().lines().skip(1)).containsExactly("12346  0.25  0.0123  0.00  NaN");
    }

    @Test
    void aLineOfAnotherLengthIsRefused() {
        TextTable table = new TextTable(List.of("a", "b"));
        assertThatThrownBy(() -> table.add(List.of(1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void csvLinesAreOnDiskAtOnceAndTheFileStartsAnew(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("a.csv");
        Files.writeString(file, "old\nold\nold\n");
        CsvFile csv = new CsvFile(file, List.of("name", "value"));
        csv.add(Arrays.asList("x", 1.23456789));
        assertThat(Files.readAllLines(file)).containsExactly("name,value", "x,1.23457");
        csv.add(Arrays.asList(null, Double.NaN));
        assertThat(Files.readAllLines(file)).last().isEqualTo(",NaN");
    }

    @Test
    void csvCellsWithCommasAreQuoted(@TempDir Path folder) throws IOException {
        CsvFile csv = new CsvFile(folder.resolve("a.csv"), List.of("name", "value"));
        csv.add(List.of("one, two", "\"three\""));
        assertThat(folder.resolve("a.csv")).hasContent("name,value\n\"one, two\",\"\"\"three\"\"\"\n");
    }

    @Test
    void aMedianTakesDivergedRunsForTheWorst() {
        TuneTable table = new TuneTable(false);
        for (double loss : new double[] {Double.NaN, 1, 2}) {
            table.add(
                    Optimizer.SGD, OptimizerSettings.DEFAULTS, new Row(1, 1, 1, 1, new Scores(loss, loss, loss, loss)));
        }
        assertThat(table.toString().lines()).last().asString().matches(".* 2\\.00 +2\\.00 +2\\.00");
    }

    @Test
    void everyOptimizerHasAColourOfItsOwn() {
        assertThat(Arrays.stream(Optimizer.values()).map(Palette::of))
                .doesNotContainNull()
                .doesNotHaveDuplicates();
    }
}
