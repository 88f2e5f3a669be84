package io.github.dl4jkfac.examples.kernels;

import io.github.dl4jkfac.examples.report.MarkdownTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs the kernels, each in a JVM of its own, and puts them side by side.
 *
 * @param sizes sides of the factors
 * @param threads of BLAS
 * @param seconds of each measurement, of which there are five, and of each warm-up, of which there are two
 */
public record KernelStudy(List<Integer> sizes, int threads, double seconds) {

    private static final int WARM_UPS = 2;
    private static final int MEASUREMENTS = 5;

    /** Multiplications and additions over n^3. */
    private static final Map<String, Double> OPERATIONS = operations();

    private static Map<String, Double> operations() {
        Map<String, Double> operations = new LinkedHashMap<>();
        operations.put("product", 2.0);
        operations.put("statistics", 1.0); // a triangle
        operations.put("inversion", 1.0); // Cholesky's factor, a third, and the inverse of it
        operations.put("eigenvectors", 9.0);
        operations.put("preconditioning", 4.0);
        return operations;
    }

    /**
     * Measures.
     *
     * @param file JMH's own results, as CSV
     * @return all results
     * @throws RunnerException if a JVM cannot be started, or fails
     */
    public Collection<RunResult> run(Path file) throws RunnerException {
        long millis = Math.round(1000 * seconds);
        return new Runner(new OptionsBuilder()
                        .include(SolverKernels.class.getName())
                        .param("n", sizes.stream().map(String::valueOf).toArray(String[]::new))
                        .param("threads", String.valueOf(threads))
                        .forks(1)
                        .warmupIterations(WARM_UPS)
                        .warmupTime(TimeValue.milliseconds(millis))
                        .measurementIterations(MEASUREMENTS)
                        .measurementTime(TimeValue.milliseconds(millis))
                        .resultFormat(ResultFormatType.CSV)
                        .result(file.toString())
                        .build())
                .run();
    }

    /**
     * Puts results side by side.
     *
     * @param results of {@link #run}
     * @return milliseconds in Markdown, and behind them billions of operations a second; and the exponent with which each kernel grows
     */
    public static String markdown(Collection<RunResult> results) {
        Map<String, Map<Integer, Double>> millis = new LinkedHashMap<>();
        OPERATIONS.keySet().forEach(kernel -> millis.put(kernel, new LinkedHashMap<>()));
        Set<Integer> sizes = new TreeSet<>();
        for (RunResult result : results) {
            int n = Integer.parseInt(result.getParams().getParam("n"));
            sizes.add(n);
            millis.get(result.getPrimaryResult().getLabel())
                    .put(n, result.getPrimaryResult().getScore());
        }
        List<String> header = new ArrayList<>(List.of("ms (GF/s)"));
        sizes.forEach(n -> header.add("n = " + n));
        header.add("grows as n to the");
        MarkdownTable table = new MarkdownTable(header);
        millis.forEach((kernel, byN) -> {
            List<Object> line = new ArrayList<>(List.of(kernel));
            for (int n : sizes) {
                double rate = OPERATIONS.get(kernel) * n * n * n / byN.get(n) / 1e6;
                line.add(String.format(Locale.ROOT, "%.3g (%.0f)", byN.get(n), rate));
            }
            line.add(exponent(byN, sizes));
            table.add(line);
        });
        return table.toString();
    }

    /** From the smallest size to the largest. */
    private static Double exponent(Map<Integer, Double> millis, Set<Integer> sizes) {
        int first = sizes.iterator().next();
        int last = sizes.stream().reduce((one, other) -> other).orElseThrow();
        return first == last ? null : Math.log(millis.get(last) / millis.get(first)) / Math.log((double) last / first);
    }
}
