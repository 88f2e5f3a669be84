package io.github.dl4jkfac.examples.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.junit.jupiter.api.Test;

class BarLineTest {

    private static final String MESSAGE = ", 1:05 left, step 7, loss 533.39";

    @Test
    void theBarTakesWhatTheWordsLeave() {
        assertThat(shown(80)).hasSize(80).matches("kfac {2}25% \\[=+ +] 0:00, 1:05 left, step 7, loss 533.39");
        assertThat(shown(200)).hasSizeLessThan(110).contains("[============ ");
    }

    @Test
    void aNarrowTerminalShowsTheTimeLeftAndTheLoss() {
        assertThat(shown(50)).isEqualTo("kfac  25% 0:00" + MESSAGE);
        assertThat(shown(30)).isEqualTo("kfac  25% 0:00, 1:05 left, ste");
    }

    @Test
    void theClockShowsHoursWhereThereAreAny() {
        assertThat(BarLine.clock(Duration.ofSeconds(59))).isEqualTo("0:59");
        assertThat(BarLine.clock(Duration.ofSeconds(3600 + 61))).isEqualTo("1:01:01");
    }

    private static String shown(int width) {
        List<String> lines = new ArrayList<>();
        try (ProgressBar bar = new ProgressBarBuilder()
                .setTaskName("kfac")
                .setInitialMax(100)
                .setRenderer(new BarLine())
                .setConsumer(new DelegatingProgressBarConsumer(lines::add, width))
                .build()) {
            bar.stepTo(25);
            bar.setExtraMessage(MESSAGE);
        }
        return lines.get(lines.size() - 1).replaceFirst("\\d+:\\d\\d", "0:00"); // the time that the test took
    }
}
