package io.github.dl4jkfac.examples.commandline;

import io.github.dl4jkfac.examples.failures.OutputFailure;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.ExitCode;

/** What the command line says when something fails that is no fault of the options: one line, and where the details are. */
public final class Failure {

    private Failure() {}

    /**
     * Prints one line, and keeps the stack trace in a file where it says something that the line does not.
     *
     * @param error what has failed
     * @param terminal where to print
     * @return the exit code
     */
    public static int report(Throwable error, PrintWriter terminal) {
        terminal.println("error: " + describe(error));
        terminal.flush();
        return ExitCode.SOFTWARE;
    }

    private static String describe(Throwable error) {
        if (error instanceof OutputFailure) {
            return error.getMessage();
        }
        if (error instanceof OutOfMemoryError) {
            return "not enough memory (" + firstLine(error) + "); take a smaller --batch or a smaller network, or give "
                    + "java more: -Xmx for its heap, -Dorg.bytedeco.javacpp.maxbytes for arrays";
        }
        return "unexpected " + error.getClass().getSimpleName() + ": " + firstLine(error) + details(error);
    }

    private static String firstLine(Throwable error) {
        return String.valueOf(error.getMessage()).lines().findFirst().orElse("");
    }

    private static String details(Throwable error) {
        try {
            Path file = Files.createTempFile("dl4j-kfac-", ".log");
            try (PrintWriter log = new PrintWriter(Files.newBufferedWriter(file))) {
                error.printStackTrace(log);
            }
            return "; please report it with " + file;
        } catch (IOException e) {
            error.addSuppressed(e);
            error.printStackTrace();
            return "; please report it with the lines above";
        }
    }
}
