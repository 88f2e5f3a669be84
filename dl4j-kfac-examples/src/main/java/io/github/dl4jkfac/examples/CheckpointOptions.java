package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.training.SavedRuns;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Options on saving and continuing runs. */
final class CheckpointOptions {

    @Option(
            names = "--save",
            paramLabel = "DIR",
            description = "Save each run here at every evaluation, to be continued with --resume.")
    Path save;

    @Option(
            names = "--resume",
            paramLabel = "DIR",
            description = "Continue the runs saved here, and save them here again unless --save names another folder.")
    Path resume;

    /**
     * Checks the folders.
     *
     * @param subfolder of both folders, or the empty string
     * @return where to save to and resume from
     * @throws UserError if a folder is missing or cannot be written
     */
    SavedRuns checkpoints(String subfolder) {
        if (resume != null && !Files.isDirectory(resume.resolve(subfolder))) {
            throw new UserError("--resume " + resume.resolve(subfolder)
                    + " is no folder; name the one that an earlier run was given as --save");
        }
        Path from = resume == null
                ? null
                : resume.resolve(subfolder).toAbsolutePath().normalize();
        if (save == null) {
            return new SavedRuns(from == null ? null : OutputFolder.prepare(from, "--resume"), from);
        }
        Path to = save.resolve(subfolder).toAbsolutePath().normalize();
        return new SavedRuns(OutputFolder.prepare(to, "--save"), from);
    }
}
