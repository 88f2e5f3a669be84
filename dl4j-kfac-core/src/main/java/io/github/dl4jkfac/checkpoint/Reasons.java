package io.github.dl4jkfac.checkpoint;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;

/** What went wrong, in words: the messages of many of the JDK's exceptions are no more than the file's name. */
final class Reasons {

    private Reasons() {}

    static String of(Throwable e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        String message = e instanceof FileSystemException system && system.getReason() != null
                ? system.getReason()
                : e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
