package io.github.dl4jkfac.examples;

/** Does something if the JVM is told to end (Ctrl-C, SIGTERM) before {@link #close}: the exit code stays that of the signal. */
final class Interruption implements AutoCloseable {

    private final Thread hook;

    /** @param rescue called at most once, on another thread, while the command still runs */
    Interruption(Runnable rescue) {
        hook = new Thread(rescue, "interruption");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // it runs already: the JVM is ending
        }
    }
}
