package io.github.dl4jkfac.examples.report;

import java.io.IOException;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * The line of the terminal that a progress bar is drawn into, as wide as the terminal is at the moment.
 *
 * <p>The bar's own line would open the terminal in such a way that Ctrl-C ends the process on the spot: the JVM would not hear of it, and what
 * is to be done at an interruption would not be done.
 */
final class TerminalLine extends ConsoleProgressBarConsumer {

    /** Where a terminal does not tell. */
    private static final int USUAL_WIDTH = 80;

    private final Terminal terminal;
    private boolean closed;

    TerminalLine() {
        super(System.err);
        terminal = open();
    }

    /** @return the terminal with the JVM's own handling of signals, or null where it cannot be opened */
    private static Terminal open() {
        try {
            return TerminalBuilder.builder().dumb(true).nativeSignals(false).build();
        } catch (IOException | IllegalStateException e) {
            return null; // a bar of the usual width is better than none
        }
    }

    /** One column is left free: some terminals begin a new line as soon as the last one is written to. */
    @Override
    public int getMaxRenderedLength() {
        int width = terminal == null ? 0 : terminal.getWidth();
        return (width > 0 ? width : USUAL_WIDTH) - 1;
    }

    /** A bar may be told of its end by two threads, and would then draw its last line twice. */
    @Override
    public synchronized void accept(String line) {
        if (!closed) {
            super.accept(line);
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        super.close();
        try {
            if (terminal != null) {
                terminal.close();
            }
        } catch (IOException e) {
            // nothing was changed that would have to be restored
        }
    }
}
