package io.github.dl4jkfac.checkpoint;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A checkpoint in a folder of several. The number counts the checkpoints saved to the folder, across restarts: unlike the iteration
 * it also grows where training was resumed from an earlier one, and unlike the time of the file it survives copying.
 *
 * @param path the file
 * @param number its place in the order of saving, from 1
 */
record NumberedFile(Path path, long number) {

    private static final Pattern NAME = Pattern.compile("checkpoint-(\\d{1,18})-iteration-\\d+-epoch-\\d+\\.zip");

    static NumberedFile next(Path folder, long last, int iteration, int epoch) {
        long number = last + 1;
        String name = String.format("checkpoint-%06d-iteration-%d-epoch-%d.zip", number, iteration, epoch);
        return new NumberedFile(folder.resolve(name), number);
    }

    /** @throws CheckpointException if the folder cannot be read */
    static List<NumberedFile> newestFirst(Path folder) throws CheckpointException {
        List<NumberedFile> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "checkpoint-*.zip")) {
            for (Path entry : entries) {
                Matcher name = NAME.matcher(entry.getFileName().toString());
                if (name.matches()) {
                    files.add(new NumberedFile(entry, Long.parseLong(name.group(1))));
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            throw CheckpointException.unusable(folder, Reasons.of(e), e);
        }
        files.sort(Comparator.comparingLong(NumberedFile::number).reversed());
        return files;
    }
}
