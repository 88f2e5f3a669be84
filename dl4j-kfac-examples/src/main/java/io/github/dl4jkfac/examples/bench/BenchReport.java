package io.github.dl4jkfac.examples.bench;

import io.github.dl4jkfac.examples.failures.OutputFailure;
import io.github.dl4jkfac.examples.report.CsvFile;
import io.github.dl4jkfac.examples.report.TextTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.commons.statistics.descriptive.Median;

/** Costs of steps measured in rounds: every round in {@code bench.csv}, medians and ratios as a table. */
public final class BenchReport {

    private static final Map<String, ToDoubleFunction<StepCost>> PARTS = parts();

    private final CsvFile csv;
    private final String baseline;
    private final Map<Integer, Map<String, List<StepCost>>> costs = new LinkedHashMap<>();
    private final Map<Integer, Map<String, Double>> counted = new HashMap<>();

    /**
     * @param folder existing folder for {@code bench.csv}
     * @param baseline name of the optimizer that the others are divided by
     */
    public BenchReport(Path folder, String baseline) {
        this.baseline = baseline;
        List<String> columns = new ArrayList<>(List.of("batch", "round", "optimizer"));
        PARTS.keySet().forEach(part -> columns.add(part.replace(' ', '_') + "_ms"));
        this.csv = new CsvFile(folder.resolve("bench.csv"), columns);
    }

    private static Map<String, ToDoubleFunction<StepCost>> parts() {
        Map<String, ToDoubleFunction<StepCost>> parts = new LinkedHashMap<>();
        parts.put("wall", StepCost::wall);
        parts.put("median", StepCost::median);
        parts.put("slowest", StepCost::slowest);
        parts.put("cpu", StepCost::cpu);
        parts.put("forward", StepCost::forward);
        parts.put("backward", StepCost::backward);
        parts.put("sampled backward", StepCost::sampledBackward);
        parts.put("factors", StepCost::factors);
        parts.put("inverses", StepCost::inverses);
        parts.put("preconditioning", StepCost::preconditioning);
        parts.put("rest", StepCost::rest);
        parts.put("capture", StepCost::capture);
        return parts;
    }

    /**
     * @param batch examples per step
     * @param round number of the round; every optimizer has the same ones
     * @param optimizer name of the optimizer, and of how it is run
     * @param cost of a step in that round
     */
    public void add(int batch, int round, String optimizer, StepCost cost) {
        costs.computeIfAbsent(batch, key -> new LinkedHashMap<>())
                .computeIfAbsent(optimizer, key -> new ArrayList<>())
                .add(cost);
        List<Object> line = new ArrayList<>(Arrays.asList(batch, round, optimizer));
        PARTS.values().forEach(part -> line.add(part.applyAsDouble(cost)));
        csv.add(line);
    }

    /**
     * @param batch examples per step
     * @param optimizer name of the optimizer, and of how it is run
     * @param ratio of its operations, as counted, to those of gradient descent; empty if they are not known
     */
    public void count(int batch, String optimizer, OptionalDouble ratio) {
        ratio.ifPresent(
                known -> counted.computeIfAbsent(batch, key -> new HashMap<>()).put(optimizer, known));
    }

    /**
     * Makes sure that all rounds are on disk.
     *
     * @throws OutputFailure if they are not
     */
    public void finish() {
        csv.finish();
    }

    /** @return medians in milliseconds per step, then the ratios to the baseline, ready to print */
    @Override
    public String toString() {
        List<String> header = new ArrayList<>(List.of("ms/step", "batch"));
        header.addAll(PARTS.keySet());
        TextTable table = new TextTable(header);
        StringBuilder ratios = new StringBuilder();
        costs.forEach((batch, byOptimizer) -> byOptimizer.forEach((optimizer, rounds) -> {
            List<Object> line = new ArrayList<>(List.of(optimizer, batch));
            PARTS.values().forEach(part -> line.add(median(rounds, part)));
            table.add(line);
            if (!optimizer.equals(baseline)) {
                ratios.append(ratios(batch, optimizer, rounds, byOptimizer.get(baseline)));
            }
        }));
        return table.toString() + ratios;
    }

    private String ratios(int batch, String optimizer, List<StepCost> rounds, List<StepCost> baselineRounds) {
        double[] wall = ratio(rounds, baselineRounds, StepCost::wall);
        double[] cpu = ratio(rounds, baselineRounds, StepCost::cpu);
        return String.format(
                Locale.ROOT,
                "%s over %s at batch %d: %s in wall-clock, %s in processor time%s%n",
                optimizer,
                baseline,
                batch,
                range(wall),
                range(cpu),
                counted(batch, optimizer));
    }

    private String counted(int batch, String optimizer) {
        Map<String, Double> ofBatch = counted.getOrDefault(batch, Map.of());
        return ofBatch.containsKey(optimizer)
                ? String.format(Locale.ROOT, "; %.2f in operations counted", ofBatch.get(optimizer))
                : "";
    }

    private static double[] ratio(List<StepCost> rounds, List<StepCost> base, ToDoubleFunction<StepCost> part) {
        return IntStream.range(0, rounds.size())
                .mapToDouble(i -> part.applyAsDouble(rounds.get(i)) / part.applyAsDouble(base.get(i)))
                .toArray();
    }

    private static String range(double[] values) {
        return String.format(
                Locale.ROOT,
                "%.2f (%.2f to %.2f)",
                Median.withDefaults().evaluate(values),
                Arrays.stream(values).min().orElseThrow(),
                Arrays.stream(values).max().orElseThrow());
    }

    private static double median(List<StepCost> rounds, ToDoubleFunction<StepCost> part) {
        return Median.withDefaults().evaluate(rounds.stream().mapToDouble(part).toArray());
    }
}
