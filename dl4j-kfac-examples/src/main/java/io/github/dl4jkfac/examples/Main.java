package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Failure;
import io.github.dl4jkfac.examples.commandline.GivenValues;
import io.github.dl4jkfac.examples.commandline.Relaunch;
import io.github.dl4jkfac.examples.commandline.VersionProvider;
import io.github.dl4jkfac.examples.failures.UserError;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** Entry point of the examples' command line. */
@Command(
        name = "dl4j-kfac",
        mixinStandardHelpOptions = true,
        versionProvider = VersionProvider.class,
        description = "Examples and measurements for the K-FAC updaters for Deeplearning4j.",
        subcommands = {
            MnistAutoencoderCommand.class,
            CifarCommand.class,
            SequenceCommand.class,
            TuneCommand.class,
            BenchCommand.class,
            KernelsCommand.class,
            QualityCommand.class,
            HeadlineCommand.class,
            ParallelCommand.class,
            SparkCommand.class,
            SparkCostCommand.class,
            ScalingCommand.class,
            HelpCommand.class
        })
public final class Main implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    private Main() {}

    /**
     * Runs a command and ends the JVM with its exit code: 0 for success, 2 for bad input, 1 for a failure.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        Relaunch.withSleepingThreads(Main.class, args);
        // Plots are files; without this, a machine without a display would fail to draw them.
        System.setProperty("java.awt.headless", "true");
        System.exit(commandLine().execute(args));
    }

    /** @return the command line, ready to execute; its writers can be replaced */
    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionStrategy(Main::checkedRun)
                .setParameterExceptionHandler((error, args) -> usageError(error.getCommandLine(), message(error)))
                .setExecutionExceptionHandler((error, command, parsed) -> error instanceof UserError
                        ? usageError(command, error.getMessage())
                        : Failure.report(error, command.getErr()));
        line.getSubcommands().values().forEach(OptionGroups::arrange);
        return line;
    }

    private static int checkedRun(ParseResult parsed) {
        GivenValues.check(parsed);
        try {
            return new RunLast().execute(parsed);
        } catch (Error e) { // of which picocli takes no notice: no memory, natives that do not load
            return Failure.report(e, parsed.commandSpec().commandLine().getErr());
        }
    }

    /** @return what is wrong, and which options or commands of a similar name there are */
    private static String message(ParameterException error) {
        if (!(error instanceof UnmatchedArgumentException unmatched)) {
            return error.getMessage();
        }
        if (isCommand(unmatched)) {
            return unknownCommand(unmatched);
        }
        List<String> similar = unmatched.getSuggestions();
        return error.getMessage() + (similar.isEmpty() ? "" : "; did you mean " + String.join(" or ", similar) + "?");
    }

    /** @return whether it stands where the name of a command is expected */
    private static boolean isCommand(UnmatchedArgumentException unmatched) {
        return unmatched.getCommandLine().getParent() == null
                && !unmatched.getUnmatched().get(0).startsWith("-");
    }

    private static String unknownCommand(UnmatchedArgumentException unmatched) {
        List<String> similar = unmatched.getSuggestions(); // the most similar first, and then any
        return "there is no command '" + unmatched.getUnmatched().get(0) + "'; "
                + (similar.isEmpty()
                        ? "there are "
                                + String.join(
                                        ", ",
                                        unmatched
                                                .getCommandLine()
                                                .getSubcommands()
                                                .keySet())
                        : "did you mean " + similar.get(0) + "?");
    }

    private static int usageError(CommandLine command, String message) {
        command.getErr()
                .println("error: " + message + " (see "
                        + command.getCommandSpec().qualifiedName() + " --help)");
        return ExitCode.USAGE;
    }

    /** Without a command there is nothing to do but to say which there are. */
    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCode.USAGE;
    }
}
