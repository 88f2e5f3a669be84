package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.report.RunRecord;
import picocli.CommandLine.Model.CommandSpec;

/** Starts the record of a command's run. */
final class RunRecords {

    private RunRecords() {}

    /**
     * @param command the command that runs
     * @return a record with its arguments
     */
    static RunRecord of(CommandSpec command) {
        return new RunRecord(command.root().commandLine().getParseResult().originalArgs());
    }
}
