package io.github.dl4jkfac.examples;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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
            QualityCommand.class
        })
public final class Main implements Runnable {

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
        return new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((error, args) -> usageError(error.getCommandLine(), error.getMessage()))
                .setExecutionExceptionHandler((error, command, parsed) -> {
                    if (error instanceof UserError) {
                        return usageError(command, error.getMessage());
                    }
                    throw error;
                });
    }

    private static int usageError(CommandLine command, String message) {
        command.getErr()
                .println("error: " + message + " (see "
                        + command.getCommandSpec().qualifiedName() + " --help)");
        return ExitCode.USAGE;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command given");
    }
}
