package io.github.dl4jkfac.examples.commandline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class RelaunchTest {

    @Test
    void secondJvmHasThePolicyTheOptionsAndTheArguments() throws Exception {
        Process process = start(null, "one", "two words", "", "a\"b");
        List<String> lines = process.inputReader().lines().toList();

        assertThat(process.waitFor()).isEqualTo(7);
        assertThat(Long.parseLong(lines.get(0))).isNotEqualTo(process.pid());
        assertThat(lines.subList(1, 4)).containsExactly("PASSIVE", "of the JVM", "[one, two words, , a\"b]");
    }

    @Test
    void whoeverHasSetThePolicyGetsNoSecondJvm() throws Exception {
        Process process = start("ACTIVE");
        List<String> lines = process.inputReader().lines().toList();

        assertThat(process.waitFor()).isEqualTo(7);
        assertThat(lines.subList(0, 2)).containsExactly(Long.toString(process.pid()), "ACTIVE");
    }

    @Test
    void askedToEndBothEnd() throws Exception {
        assertEndsWithTheFirst(Process::destroy);
    }

    @Test
    void killedTheFirstTakesTheSecondAlong() throws Exception {
        assertEndsWithTheFirst(Process::destroyForcibly);
    }

    @Test
    void killedTheSecondTakesTheFirstAlong() throws Exception {
        Process process = start(null, "wait");
        second(process).destroyForcibly();

        assertThat(process.waitFor()).isNotZero();
    }

    private static void assertEndsWithTheFirst(Consumer<Process> end) throws Exception {
        Process process = start(null, "wait");
        ProcessHandle second = second(process);
        end.accept(process);

        assertThat(process.waitFor()).isNotZero();
        second.onExit().join();
    }

    /** The JVM that works, once it does. */
    private static ProcessHandle second(Process process) throws IOException {
        BufferedReader output = process.inputReader();
        ProcessHandle second =
                ProcessHandle.of(Long.parseLong(output.readLine())).orElseThrow();
        assertThat(second.pid()).isNotEqualTo(process.pid());
        return second;
    }

    private static Process start(String policy, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-Dprobe=of the JVM",
                "-cp",
                System.getProperty("java.class.path"),
                RelaunchProbe.class.getName()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().remove("OMP_WAIT_POLICY");
        if (policy != null) {
            builder.environment().put("OMP_WAIT_POLICY", policy);
        }
        return builder.start();
    }
}
