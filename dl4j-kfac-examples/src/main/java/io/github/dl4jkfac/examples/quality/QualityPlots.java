package io.github.dl4jkfac.examples.quality;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The quality of directions over training, and over the damping, as PNG files. */
public final class QualityPlots {

    private static final String QUANTITY = "q(d) / q(gradient)";
    private static final int PANEL_WIDTH = 760;
    private static final int PANEL_HEIGHT = 460;
    private static final int PANELS_PER_ROW = 2;
    private static final float THICK = 2f;

    /** Warm colours for Kronecker factors, cold ones for gradients of samples, green ones for diagonals. */
    private static final Map<Family, int[]> COLOURS = Map.of(
            Family.EXACT, new int[] {0x000000},
            Family.KRONECKER,
                    new int[] {0xD7191C, 0xFDAE61, 0xC51B8A, 0xF768A1, 0x8C2D04, 0xE6C200, 0x7A0177, 0xFF6A4D},
            Family.SAMPLE_SPACE, new int[] {0x0057E7, 0x56B4E9, 0x5E3C99, 0x00CED1, 0x1B2A6B},
            Family.DIAGONAL, new int[] {0x1A9641, 0xA6D96A, 0x6B6B00, 0x40B0A0});

    private static final Map<Family, Marker> MARKERS = Map.of(
            Family.EXACT, SeriesMarkers.SQUARE,
            Family.KRONECKER, SeriesMarkers.CIRCLE,
            Family.SAMPLE_SPACE, SeriesMarkers.DIAMOND,
            Family.DIAGONAL, SeriesMarkers.TRIANGLE_UP);

    private static final Map<StudiedMethod, SpreadChart.Style> STYLES = styles();

    private QualityPlots() {}

    /**
     * Writes {@code indicator-<problem>.png} and, where the damping was changed, {@code damping-<problem>.png} for each problem.
     *
     * @param folder existing folder
     * @param report what was measured
     * @throws IOException if a file cannot be written
     */
    public static void write(Path folder, StudyReport report) throws IOException {
        for (Map.Entry<String, StudyReport.Results> problem : report.results().entrySet()) {
            StudyReport.Results results = problem.getValue();
            overTraining(problem.getKey(), results).write(folder.resolve("indicator-" + problem.getKey() + ".png"));
            if (!results.sweep().candidates().isEmpty()) {
                List<SpreadChart> panels = results.sweep().stages().stream()
                        .map(stage -> overDamping(problem.getKey(), results, stage))
                        .toList();
                SpreadChart.write(folder.resolve("damping-" + problem.getKey() + ".png"), panels, PANELS_PER_ROW);
            }
        }
    }

    private static SpreadChart overTraining(String problem, StudyReport.Results results) {
        QualityTable table = results.own();
        List<String> places = table.stages().stream()
                .map(stage -> String.format(Locale.ROOT, "%d: %.3g", stage, results.loss(stage)))
                .toList();
        SpreadChart chart = new SpreadChart(
                problem + ": quality of directions during training, " + kind(table),
                "training steps: loss",
                QUANTITY,
                places);
        chart.addLevel(1, "gradient (SGD)");
        for (Candidate candidate : table.candidates()) {
            chart.add(
                    candidate.method().id(),
                    STYLES.get(candidate.method()),
                    table.stages().stream()
                            .map(stage -> spread(table, candidate, stage))
                            .toList());
        }
        return chart;
    }

    private static SpreadChart overDamping(String problem, StudyReport.Results results, int stage) {
        QualityTable table = results.sweep();
        List<Double> dampings = table.candidates().stream()
                .map(Candidate::damping)
                .distinct()
                .sorted()
                .toList();
        SpreadChart chart = new SpreadChart(
                problem + ", step " + stage + ", " + kind(table),
                "relative damping",
                QUANTITY,
                dampings.stream().map(QualityTable::damping).toList(),
                PANEL_WIDTH,
                PANEL_HEIGHT);
        chart.addLevel(1, "gradient (SGD)");
        table.candidates().stream()
                .map(Candidate::method)
                .distinct()
                .forEach(method -> chart.add(
                        method.id(),
                        STYLES.get(method),
                        dampings.stream()
                                .map(damping -> spread(table, new Candidate(method, damping), stage))
                                .toList()));
        return chart;
    }

    private static String kind(QualityTable table) {
        int seeds = table.seeds();
        return seeds > 1 ? "mean and deviation of " + seeds + " seeds" : "mean and deviation over batches";
    }

    private static Spread spread(QualityTable table, Candidate candidate, int stage) {
        return table.cell(candidate, stage).map(QualityTable.Cell::spread).orElse(new Spread(Double.NaN, 0));
    }

    /** @return one style per method, the same in every picture */
    private static Map<StudiedMethod, SpreadChart.Style> styles() {
        Map<Family, Integer> used = new EnumMap<>(Family.class);
        Map<StudiedMethod, SpreadChart.Style> styles = new EnumMap<>(StudiedMethod.class);
        for (StudiedMethod method : StudiedMethod.values()) {
            int[] colours = COLOURS.get(method.family());
            int index = used.merge(method.family(), 1, Integer::sum) - 1;
            BasicStroke stroke = index < colours.length ? new BasicStroke(THICK) : dashed();
            Color colour = new Color(colours[index % colours.length]);
            styles.put(method, new SpreadChart.Style(colour, stroke, MARKERS.get(method.family())));
        }
        return styles;
    }

    private static BasicStroke dashed() {
        return new BasicStroke(THICK, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10f, new float[] {6f, 4f}, 0f);
    }
}
