package io.github.dl4jkfac.examples.commandline;

import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;

/** Does something if the JVM is told to end (Ctrl-C, SIGTERM) before {@link #close}: the exit code stays that of the signal. */
public final class Interruption implements AutoCloseable {

    private final Thread hook;

    /** @param rescue called at most once, on another thread, while the command still runs */
    public Interruption(Runnable rescue) {
        hook = new Thread(rescue, "interruption");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * Says where the results are.
     *
     * @param command which was interrupted
     * @param folder of its results
     */
    public static void tell(CommandSpec command, Path folder) {
        PrintWriter terminal = command.commandLine().getErr();
        terminal.println();
        terminal.println("interrupted; the results so far are in " + folder);
        terminal.flush();
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // it runs already: the JVM is ending
        }
    }
}
