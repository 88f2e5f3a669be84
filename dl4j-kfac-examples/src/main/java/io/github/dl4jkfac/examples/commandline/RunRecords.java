package io.github.dl4jkfac.examples.commandline;

import io.github.dl4jkfac.examples.report.RunRecord;
import picocli.CommandLine.Model.CommandSpec;

/** Starts the record of a command's run. */
public final class RunRecords {

    private RunRecords() {}

    /**
     * @param command the command that runs
     * @return a record with its arguments
     */
    public static RunRecord of(CommandSpec command) {
        return new RunRecord(command.root().commandLine().getParseResult().originalArgs());
    }
}
