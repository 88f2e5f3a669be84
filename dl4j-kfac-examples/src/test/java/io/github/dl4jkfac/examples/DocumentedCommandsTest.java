package io.github.dl4jkfac.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.github.dl4jkfac.examples.commandline.GivenValues;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.ParseResult;

/** The command line accepts every command of the examples that the documentation shows. Nothing is run. */
class DocumentedCommandsTest {

    /** Tests run in the folder of their module. */
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** The jar, or the word that stands for it, and all that follows up to a comment, a pipe or the end of the line. */
    private static final Pattern COMMAND =
            Pattern.compile("(?m)(?:dl4j-kfac-examples\\.jar|^KFAC)[ \\t]+([^#|&`\\r\\n]+)");

    @Test
    void everyCommandInTheDocumentationIsAccepted() throws IOException {
        List<String> commands = commands();

        assertThat(commands).hasSizeGreaterThan(10);
        for (String command : commands) {
            assertThatCode(() -> accept(command)).as(command).doesNotThrowAnyException();
        }
    }

    private static void accept(String command) {
        ParseResult parsed = Main.commandLine().parseArgs(command.split("\\s+"));
        GivenValues.check(parsed);
        for (ParseResult named : parsed.subcommands()) {
            List<String> optimizers = named.matchedOptionValue("--optimizers", List.of());
            optimizers.forEach(Optimizer::of);
        }
    }

    private static List<String> commands() throws IOException {
        List<String> commands = new ArrayList<>();
        try (Stream<Path> pages = Stream.concat(Files.list(ROOT), Files.list(ROOT.resolve("docs")))) {
            for (Path page :
                    pages.filter(file -> file.toString().endsWith(".md")).toList()) {
                String text = Files.readString(page).replaceAll("\\\\\\R", " ");
                COMMAND.matcher(text)
                        .results()
                        .map(command -> command.group(1).trim())
                        .forEach(commands::add);
            }
        }
        return commands;
    }
}
