package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.training.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * How much sooner an optimizer reaches the training loss, or the test accuracy, at which a first-order baseline ended.
 *
 * @param challenger the optimizer that is measured
 * @param baseline the first-order optimizer that sets the target
 * @param goal what is to be reached
 * @param target value of the goal at the baseline's end
 * @param baselineEnd when the baseline ended
 * @param reached when the challenger reached the target, between two evaluations interpolated; empty if it never did
 */
public record SpeedUp(
        Optimizer challenger,
        Optimizer baseline,
        Goal goal,
        double target,
        Point baselineEnd,
        Optional<Point> reached) {

    /**
     * A moment of a run.
     *
     * @param seconds of training
     * @param cpuSeconds processor time of training
     * @param steps parameter updates
     */
    public record Point(double seconds, double cpuSeconds, double steps) {}

    /**
     * @param goal what is to be reached
     * @param results the rows of each optimizer of one comparison
     * @return one entry for each challenger and each baseline that stayed finite and ended better than it began
     */
    public static List<SpeedUp> of(Goal goal, Map<Optimizer, List<Row>> results) {
        List<SpeedUp> all = new ArrayList<>();
        results.forEach((challenger, rows) -> results.forEach((baseline, baselineRows) -> {
            Row end = baselineRows.get(baselineRows.size() - 1);
            double target = goal.value(end.scores());
            boolean improved =
                    end.scores().finite() && !goal.reached(baselineRows.get(0).scores(), target);
            if (!challenger.firstOrder() && baseline.firstOrder() && improved) {
                all.add(new SpeedUp(challenger, baseline, goal, target, point(end), firstReach(goal, rows, target)));
            }
        }));
        return all;
    }

    /**
     * @param goal what is to be reached
     * @param rows evaluations in the order of time
     * @param target its value
     * @return when it was first reached, linear between the evaluations before and after
     */
    public static Optional<Point> firstReach(Goal goal, List<Row> rows, double target) {
        for (int i = 0; i < rows.size(); i++) {
            if (goal.reached(rows.get(i).scores(), target)) {
                return Optional.of(i == 0 ? point(rows.get(0)) : between(goal, rows.get(i - 1), rows.get(i), target));
            }
        }
        return Optional.empty();
    }

    private static Point point(Row row) {
        return new Point(row.seconds(), row.cpuSeconds(), row.step());
    }

    private static Point between(Goal goal, Row before, Row after, double target) {
        double from = goal.value(before.scores());
        double part = (from - target) / (from - goal.value(after.scores()));
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
        String race = String.format(
                Locale.ROOT,
                "%s at %s's final %s %.3f (%.1f s, %.0f steps): ",
                challenger.id(),
                baseline.id(),
                goal.title(),
                target,
                baselineEnd.seconds(),
                baselineEnd.steps());
        return race + reached.map(this::describe).orElse("not reached");
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
