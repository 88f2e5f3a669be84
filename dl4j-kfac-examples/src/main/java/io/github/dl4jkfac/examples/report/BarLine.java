package io.github.dl4jkfac.examples.report;

import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/**
 * Lays out a progress bar in one line: name, part, bar, the time on the clock since the start, and the message. The bar takes what the words leave;
 * in a narrow terminal it is left out, and what is cut off at the end is the least important.
 */
final class BarLine implements ProgressBarRenderer {

    private static final int LONGEST_BAR = 50;
    private static final int SHORTEST_BAR = 5;

    @Override
    public String render(ProgressState state, int width) {
        double part = Math.min(1, state.getCurrent() / (double) state.getMax());
        String before = String.format(Locale.ROOT, "%s %3.0f%% ", state.getTaskName(), Math.floor(100 * part));
        String after = clock(state.getTotalElapsed()) + state.getExtraMessage();
        int room = Math.min(LONGEST_BAR, width - before.length() - after.length() - "[] ".length());
        String bar = room < SHORTEST_BAR ? "" : bar(part, room);
        String line = before + bar + after;
        return line.length() <= width ? line : line.substring(0, Math.max(0, width));
    }

    private static String bar(double part, int length) {
        int done = (int) (part * length);
        return "[" + "=".repeat(done) + " ".repeat(length - done) + "] ";
    }

    /** @return minutes and seconds, with hours where there are any */
    static String clock(Duration time) {
        return time.toHours() == 0
                ? String.format(Locale.ROOT, "%d:%02d", time.toMinutes(), time.toSecondsPart())
                : String.format(
                        Locale.ROOT, "%d:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart());
    }
}
