package io.github.dl4jkfac.examples.failures;

/**
 * Bad input: a value that cannot be used, with what to do about it.
 *
 * <p>The command line prints the message as one line and exits with code 2; nothing has been written by then.
 */
public final class UserError extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * @param message names the value and the remedy, in one line
     */
    public UserError(String message) {
        super(message);
    }

    /**
     * @param message names the value and the remedy, in one line
     * @param cause what went wrong underneath
     */
    public UserError(String message, Throwable cause) {
        super(message, cause);
    }
}
