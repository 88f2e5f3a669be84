package io.github.dl4jkfac.examples.quality;

import io.github.dl4jkfac.examples.report.TextTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/** Measurements of one problem, put together: a line per method and damping, a column per stage. */
final class QualityTable {

    private final Map<Candidate, Map<Integer, Map<Long, List<Measurement>>>> measurements = new LinkedHashMap<>();

    /**
     * What was measured of one method at one stage.
     *
     * @param bySeed measurements on the batches of each seed
     */
    record Cell(Map<Long, List<Measurement>> bySeed) {

        /** @return mean over all batches of a seed */
        double mean(long seed) {
            return over(bySeed.get(seed), Measurement::indicator).mean();
        }

        /** @return mean over the seeds, and the deviation of the seeds' means */
        Spread overSeeds() {
            return Spread.of(bySeed.keySet().stream().mapToDouble(this::mean).toArray());
        }

        /** @return mean over all, and the mean over the seeds of the deviation between the batches of a seed */
        Spread overBatches() {
            double deviation = bySeed.values().stream()
                    .mapToDouble(
                            batches -> over(batches, Measurement::indicator).deviation())
                    .average()
                    .orElseThrow();
            return new Spread(overSeeds().mean(), deviation);
        }

        /** @return the spread that there is: over the seeds, or over the batches of a single one */
        Spread spread() {
            return bySeed.size() > 1 ? overSeeds() : overBatches();
        }

        /** @return mean cosine of the angle to the exact natural gradient */
        double cosine() {
            return over(bySeed.values().stream().flatMap(List::stream).toList(), Measurement::cosine)
                    .mean();
        }

        int batches() {
            return bySeed.values().stream().mapToInt(List::size).sum();
        }

        private static Spread over(List<Measurement> batches, ToDoubleFunction<Measurement> value) {
            return Spread.of(batches.stream().mapToDouble(value).toArray());
        }
    }

    /** @param measurement what was measured */
    public void add(Measurement measurement) {
        measurements
                .computeIfAbsent(measurement.candidate(), key -> new LinkedHashMap<>())
                .computeIfAbsent(measurement.stage(), key -> new LinkedHashMap<>())
                .computeIfAbsent(measurement.seed(), key -> new ArrayList<>())
                .add(measurement);
    }

    /** @return methods and dampings, in the order in which they came */
    List<Candidate> candidates() {
        return List.copyOf(measurements.keySet());
    }

    /** @return the stages, in order */
    List<Integer> stages() {
        TreeSet<Integer> stages = new TreeSet<>();
        measurements.values().forEach(byStage -> stages.addAll(byStage.keySet()));
        return List.copyOf(stages);
    }

    /** @return how many seeds there are */
    int seeds() {
        return measurements.values().stream()
                .flatMap(byStage -> byStage.values().stream())
                .mapToInt(Map::size)
                .max()
                .orElse(0);
    }

    /** @return what was measured of a method at a stage */
    Optional<Cell> cell(Candidate candidate, int stage) {
        return Optional.ofNullable(
                        measurements.getOrDefault(candidate, Map.of()).get(stage))
                .map(Cell::new);
    }

    /** @return a damping to read, as 1e-03 */
    static String damping(double value) {
        return String.format(Locale.ROOT, "%.1e", value).replace(".0e", "e");
    }

    /** @return the table, ready to print */
    @Override
    public String toString() {
        List<String> header = new ArrayList<>(List.of("method", "damping"));
        stages().forEach(stage -> header.add("step " + stage));
        TextTable table = new TextTable(header);
        for (Candidate candidate : candidates()) {
            List<Object> line = new ArrayList<>();
            line.add(candidate.method().id());
            line.add(candidate.damping() == null ? "own" : damping(candidate.damping()));
            stages().forEach(stage -> line.add(cell(candidate, stage)
                    .map(Cell::spread)
                    .map(Spread::toString)
                    .orElse("-")));
            table.add(line);
        }
        return table.toString();
    }
}
