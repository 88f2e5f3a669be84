package io.github.dl4jkfac.examples.failures;

/** A file of results that could not be written, though its folder was fine when the command began: a full disk, say. */
public final class OutputFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message names the file and what is left, in one line */
    public OutputFailure(String message) {
        super(message);
    }

    /**
     * @param message names the file, the reason and what is left, in one line
     * @param cause what went wrong underneath
     */
    public OutputFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
