package io.github.dl4jkfac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Generated command lines, most of them nonsense: each is refused in one line that helps, or runs. */
class GeneratedCommandsTest {

    private static final int CASES = 200;
    private static final long SEED = 20260101;

    private static final List<String> OPTIONS = List.of(
            "--seconds",
            "--steps",
            "--batch",
            "--seed",
            "--repeat",
            "--evaluations",
            "--evaluation-size",
            "--threads",
            "--length",
            "--units",
            "--learning-rate",
            "--momentum",
            "--damping",
            "--kl-clip",
            "--curvature",
            "--schedule",
            "--optimizers",
            "--statistics-interval",
            "--inverse-interval",
            "--data",
            "--dataset",
            "--resume",
            "--task",
            "--train-size",
            "--test-size",
            "--beta",
            "--weight-decay",
            "--relative-damping",
            "--unheard-of");

    private static final List<String> VALUES = List.of(
            "",
            " ",
            ",",
            ",,",
            "0",
            "-1",
            "1",
            "2",
            "-0",
            "NaN",
            "Infinity",
            "-Infinity",
            "1e400",
            "1e-400",
            "1e30",
            "2147483647",
            "2147483648",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "0x10",
            "1_0",
            "1.5",
            "kfac",
            "sgd",
            "kfac,",
            "sgd,sgd",
            "kfac=",
            "=1",
            "kfac=1=1",
            "sgd=1e-2",
            "linear",
            "\u0000",
            "/",
            "/dev/null",
            "..",
            "~",
            "%s",
            "%n",
            "${x}",
            "@nofile",
            "--help",
            "-",
            "\u00e4\u6f22",
            "memory");

    @TempDir
    private Path folder;

    static Stream<List<String>> lines() {
        Random random = new Random(SEED);
        return IntStream.range(0, CASES).mapToObj(i -> line(random));
    }

    private static List<String> line(Random random) {
        List<String> line = new ArrayList<>();
        for (int i = random.nextInt(2); i >= 0; i--) {
            String option = OPTIONS.get(random.nextInt(OPTIONS.size()));
            String value = VALUES.get(random.nextInt(VALUES.size()));
            if (random.nextBoolean()) {
                line.add(option + "=" + value);
            } else {
                line.addAll(List.of(option, value));
            }
        }
        return shortened(line);
    }

    /** Whatever number of seconds could be meant, one has to do. */
    private static List<String> shortened(List<String> line) {
        List<String> shortened = new ArrayList<>();
        String before = "";
        for (String argument : line) {
            boolean value = before.equals("--seconds");
            boolean tooLong = (value || argument.startsWith("--seconds=")) && argument.matches("(--seconds=)?[0-9].*");
            shortened.add(tooLong ? (value ? "1" : "--seconds=1") : argument);
            before = argument;
        }
        return shortened;
    }

    @ParameterizedTest
    @MethodSource("lines")
    void areRefusedInOneLineOrRun(List<String> line) {
        List<String> args = new ArrayList<>(List.of("sequence", "--out", folder.toString()));
        args.addAll(line);
        small(args, "--optimizers", "sgd");
        small(args, "--length", "10");
        small(args, "--units", "3");
        small(args, "--train-size", "20");
        small(args, "--test-size", "10");
        small(args, "--batch", "10");
        small(args, "--evaluations", "1");
        small(args, "--steps", "1");
        small(args, "--seconds", "1");

        CommandRunner result = CommandRunner.run(args.toArray(String[]::new));

        assertThat(result.code()).as(result.err()).isIn(0, 2);
        assertThat(result.err()).doesNotContain("unexpected").doesNotContain("\tat ");
        if (result.code() == 2) {
            assertThat(result.err()).hasLineCount(1).startsWith("error: ").contains("--help");
        }
    }

    private static void small(List<String> args, String option, String value) {
        if (args.stream().noneMatch(arg -> arg.equals(option) || arg.startsWith(option + "="))) {
            args.addAll(List.of(option, value));
        }
    }
}
