package io.github.dl4jkfac.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGINT, the signal of Ctrl-C, for a run whose output is a terminal: the command {@code script} of util-linux provides one, and the
 * progress bar draws itself there.
 */
class InterruptedInTerminalTest {

    private static final Path SCRIPT = Path.of("/usr/bin/script");

    @TempDir
    Path folder;

    @Test
    void saysWhereTheResultsAreAndDrawsThem() throws Exception {
        assumeTrue(Files.isExecutable(SCRIPT) && isLinux(), "no terminal to be had");
        Path screen = folder.resolve("screen");
        Process terminal = new ProcessBuilder(SCRIPT.toString(), "-qefc", command(), "/dev/null")
                .redirectErrorStream(true)
                .redirectOutput(screen.toFile())
                .start();
        try {
            while (terminal.isAlive() && !shown(screen).contains(" left")) {
                Thread.sleep(100);
            }
            interrupt(terminal);
            assertThat(terminal.waitFor(2, TimeUnit.MINUTES))
                    .as(
                            "the interrupt is heeded; a build in the background, whose interrupts are ignored, hands that down")
                    .isTrue();
        } finally {
            terminal.descendants().forEach(ProcessHandle::destroyForcibly);
            terminal.destroyForcibly();
        }
        Path out = folder.resolve("out");
        assertThat(shown(screen)).contains("interrupted; the results so far are in " + out);
        assertThat(out.resolve("results.csv")).isNotEmptyFile();
        assertThat(out.resolve("loss-steps.png")).isNotEmptyFile();
    }

    private static boolean isLinux() {
        return System.getProperty("os.name").equals("Linux");
    }

    /** Trains until it is interrupted. */
    private String command() {
        return String.join(
                " ",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName(),
                "mnist-autoencoder --dataset curves --layers 784-8-784 --optimizers sgd --batch 50 --seconds 3600",
                "--evaluation-size 50 --train-size 500 --out",
                folder.resolve("out").toString());
    }

    private static void interrupt(Process terminal) throws IOException, InterruptedException {
        List<String> kill = new ArrayList<>(List.of("kill", "-INT"));
        terminal.descendants().map(ProcessHandle::pid).map(String::valueOf).forEach(kill::add);
        new ProcessBuilder(kill).inheritIO().start().waitFor();
    }

    private static String shown(Path screen) throws IOException {
        return Files.readString(screen);
    }
}
