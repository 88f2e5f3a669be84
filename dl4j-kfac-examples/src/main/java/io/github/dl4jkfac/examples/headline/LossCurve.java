package io.github.dl4jkfac.examples.headline;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.report.Chart;
import io.github.dl4jkfac.examples.report.CsvFile;
import io.github.dl4jkfac.examples.report.Palette;
import io.github.dl4jkfac.examples.training.Row;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The evaluations of one training in a table and a picture.
 *
 * @param title what was trained
 * @param rows its evaluations
 */
public record LossCurve(String title, List<Row> rows) {

    /**
     * Writes {@code loss.csv}.
     *
     * @param folder existing folder
     */
    public void writeNumbers(Path folder) {
        CsvFile csv = new CsvFile(
                folder.resolve("loss.csv"), List.of("updates", "examples", "seconds", "train_loss", "test_loss"));
        rows.forEach(row -> csv.add(List.of(
                row.step(),
                row.examples(),
                row.seconds(),
                row.scores().trainLoss(),
                row.scores().testLoss())));
        csv.finish();
    }

    /**
     * Draws {@code loss-updates.png}.
     *
     * @param folder existing folder
     * @throws IOException if the file cannot be written
     */
    public void draw(Path folder) throws IOException {
        Chart chart = new Chart(title, "updates", "loss");
        double[] updates = rows.stream().mapToDouble(Row::step).toArray();
        chart.add(
                "training",
                Palette.of(Optimizer.KFAC),
                updates,
                rows.stream().mapToDouble(row -> row.scores().trainLoss()).toArray(),
                false);
        chart.add(
                "test",
                Palette.of(Optimizer.KFAC),
                updates,
                rows.stream().mapToDouble(row -> row.scores().testLoss()).toArray(),
                true);
        chart.write(folder.resolve("loss-updates.png"));
    }
}
