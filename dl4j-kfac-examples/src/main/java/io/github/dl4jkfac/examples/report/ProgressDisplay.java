package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.training.Budget;
import io.github.dl4jkfac.examples.training.Progress;
import io.github.dl4jkfac.examples.training.Row;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/**
 * Shows a run on the terminal: a progress bar with loss and time left, or, where the output is not a terminal, one
 * line per evaluation.
 */
public final class ProgressDisplay implements Progress, AutoCloseable {

    private static final int RESOLUTION = 1000;
    private static final int REFRESH_MILLIS = 500;

    /** A hundred hours. */
    private static final long MOST_SECONDS = 359_999;

    private final String name;
    private final boolean classifies;
    private final Budget budget;
    private final PrintWriter out;
    private final ProgressBar bar;
    private final long wallStart = System.nanoTime();
    private final double secondsAtStart;
    private String accuracy = "";

    /**
     * @param name what is running
     * @param classifies whether to show the test accuracy
     * @param budget when it will end
     * @param secondsAtStart of training before: of a run that continues, most were spent then
     * @param out where lines go when there is no terminal
     */
    public ProgressDisplay(String name, boolean classifies, Budget budget, double secondsAtStart, PrintWriter out) {
        this.name = name;
        this.classifies = classifies;
        this.budget = budget;
        this.secondsAtStart = secondsAtStart;
        this.out = out;
        this.bar = System.console() == null
                ? null
                : new ProgressBarBuilder()
                        .setTaskName(name)
                        .setInitialMax(RESOLUTION)
                        .setUpdateIntervalMillis(REFRESH_MILLIS)
                        .setRenderer(new BarLine())
                        .setConsumer(new TerminalLine())
                        .build();
    }

    /** @return the same without lines where there is no bar: of runs that are one of many */
    public Progress quiet() {
        return bar == null ? Progress.SILENT : this;
    }

    @Override
    public void stepDone(long step, double seconds, double batchLoss) {
        if (bar != null) {
            bar.stepTo(Math.min(RESOLUTION, Math.round(RESOLUTION * budget.used(step, seconds))));
            bar.setExtraMessage(String.format(
                    Locale.ROOT,
                    ", %s left, step %d, loss %.2f%s",
                    BarLine.clock(Duration.ofSeconds(Math.round(Math.min(secondsLeft(step, seconds), MOST_SECONDS)))),
                    step,
                    batchLoss,
                    accuracy));
        }
    }

    /** On the clock on the wall: evaluations take time that the budget does not count. */
    private double secondsLeft(long step, double seconds) {
        double wall = (System.nanoTime() - wallStart) / 1e9;
        double trained = seconds - secondsAtStart;
        double slower = trained > 0 ? Math.max(1, wall / trained) : 1;
        return slower * budget.remainingSeconds(step, seconds);
    }

    @Override
    public void evaluated(Row row) {
        if (classifies) {
            accuracy =
                    String.format(Locale.ROOT, ", accuracy %.3f", row.scores().testAccuracy());
        }
        if (bar == null) {
            out.printf(
                    Locale.ROOT,
                    "%-9s  step %6d  %7.1f s  train loss %8.3f  test loss %8.3f  test %s %7.3f%n",
                    name,
                    row.step(),
                    row.seconds(),
                    row.scores().trainLoss(),
                    row.scores().testLoss(),
                    classifies ? "accuracy" : "error",
                    classifies ? row.scores().testAccuracy() : row.scores().testError());
            out.flush();
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
