package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.training.Optimizer;
import io.github.dl4jkfac.examples.training.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * How much sooner an optimizer reaches the training loss at which a first-order baseline ended.
 *
 * @param challenger the optimizer that is measured
 * @param baseline the first-order optimizer that sets the target
 * @param targetLoss training loss of the baseline at its end
 * @param baselineEnd when the baseline ended
 * @param reached when the challenger reached the target, between two evaluations interpolated; empty if it never did
 */
public record SpeedUp(
        Optimizer challenger, Optimizer baseline, double targetLoss, Point baselineEnd, Optional<Point> reached) {

    /**
     * A moment of a run.
     *
     * @param seconds of training
     * @param cpuSeconds processor time of training
     * @param steps parameter updates
     */
    public record Point(double seconds, double cpuSeconds, double steps) {}

    /**
     * @param results the rows of each optimizer of one comparison
     * @return one entry for each challenger and each baseline that stayed finite
     */
    public static List<SpeedUp> of(Map<Optimizer, List<Row>> results) {
        List<SpeedUp> all = new ArrayList<>();
        results.forEach((challenger, rows) -> results.forEach((baseline, baselineRows) -> {
            Row end = baselineRows.get(baselineRows.size() - 1);
            if (!challenger.firstOrder()
                    && baseline.firstOrder()
                    && end.scores().finite()) {
                double target = end.scores().trainLoss();
                all.add(new SpeedUp(challenger, baseline, target, point(end), firstReach(rows, target)));
            }
        }));
        return all;
    }

    /**
     * @param rows evaluations in the order of time
     * @param loss a training loss
     * @return when it was first reached, linear between the evaluations before and after
     */
    static Optional<Point> firstReach(List<Row> rows, double loss) {
        for (int i = 0; i < rows.size(); i++) {
            if (rows.get(i).scores().trainLoss() <= loss) {
                return Optional.of(i == 0 ? point(rows.get(0)) : between(rows.get(i - 1), rows.get(i), loss));
            }
        }
        return Optional.empty();
    }

    private static Point point(Row row) {
        return new Point(row.seconds(), row.cpuSeconds(), row.step());
    }

    private static Point between(Row before, Row after, double loss) {
        double from = before.scores().trainLoss();
        double part = (from - loss) / (from - after.scores().trainLoss());
        return new Point(
                before.seconds() + part * (after.seconds() - before.seconds()),
                before.cpuSeconds() + part * (after.cpuSeconds() - before.cpuSeconds()),
                before.step() + part * (after.step() - before.step()));
    }

    /**
     * @param unit seconds, cpuSeconds or steps
     * @return what the baseline took over what the challenger took; 0 if it never got there
     */
    public double ratio(ToDoubleFunction<Point> unit) {
        return reached.map(point -> unit.applyAsDouble(baselineEnd) / unit.applyAsDouble(point))
                .orElse(0.);
    }

    /** @return the comparison as one sentence */
    public String describe() {
        String goal = String.format(
                Locale.ROOT,
                "%s at %s's final train loss %.3f (%.1f s, %.0f steps): ",
                challenger.id(),
                baseline.id(),
                targetLoss,
                baselineEnd.seconds(),
                baselineEnd.steps());
        return goal + reached.map(this::describe).orElse("not reached");
    }

    private String describe(Point point) {
        return String.format(
                Locale.ROOT,
                "after %.1f s and %.0f steps; %.2f times as fast in time, %.2f in processor time, %.2f in steps",
                point.seconds(),
                point.steps(),
                ratio(Point::seconds),
                ratio(Point::cpuSeconds),
                ratio(Point::steps));
    }
}
