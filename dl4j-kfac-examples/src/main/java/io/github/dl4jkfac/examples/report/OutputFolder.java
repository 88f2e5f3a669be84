package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.failures.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Folders for results. */
public final class OutputFolder {

    private OutputFolder() {}

    /**
     * Makes sure, before any work is done, that files can be written.
     *
     * @param folder created where missing
     * @param option the option that names the folder, for the message
     * @return the folder
     * @throws UserError if it cannot be written
     */
    public static Path prepare(Path folder, String option) {
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, "write", ".tmp"));
            return folder;
        } catch (IOException e) {
            throw new UserError("cannot write to " + option + " " + folder + " (" + e + "); name another folder", e);
        }
    }
}
