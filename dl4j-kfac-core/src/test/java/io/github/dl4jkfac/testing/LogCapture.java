package io.github.dl4jkfac.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.dl4jkfac.solve.NativeFloor;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Collects what the library logs, for as long as it is open. */
public final class LogCapture implements AutoCloseable {

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.github.dl4jkfac");
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

    public LogCapture() {
        NativeFloor.announce(); // once in a process, in whichever test comes first, and with a warning on slow kernels
        appender.start();
        logger.addAppender(appender);
        logger.setAdditive(false);
    }

    public List<String> warnings() {
        return messages(Level.WARN);
    }

    public List<String> errors() {
        return messages(Level.ERROR);
    }

    public List<String> infos() {
        return messages(Level.INFO);
    }

    private List<String> messages(Level level) {
        return List.copyOf(appender.list).stream()
                .filter(event -> event.getLevel() == level)
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
        logger.setAdditive(true);
    }
}
