package io.github.dl4jkfac.checkpoint;

import java.io.IOException;
import java.nio.file.Path;

/** A checkpoint that could not be written, or that no training can go on from; the message names the file, the reason and the remedy. */
public final class CheckpointException extends IOException {

    private static final long serialVersionUID = 1L;

    CheckpointException(String message) {
        super(message);
    }

    CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }

    static CheckpointException notSaved(Path file, String reason, Throwable cause) {
        return new CheckpointException("Checkpoint " + file + " was not saved: " + reason, cause);
    }

    static CheckpointException unusable(Path file, String reason) {
        return new CheckpointException("Training cannot go on from " + file + ": " + reason);
    }

    static CheckpointException unusable(Path file, String reason, Throwable cause) {
        return new CheckpointException("Training cannot go on from " + file + ": " + reason, cause);
    }
}
