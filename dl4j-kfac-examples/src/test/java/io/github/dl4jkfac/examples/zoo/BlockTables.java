package io.github.dl4jkfac.examples.zoo;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.dl4jkfac.KFacListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;

/** Catches the table of blocks that K-FAC logs when it is attached, and gathers the tables in a file. */
final class BlockTables {

    private final Path file;

    /** @param file emptied if it is there */
    BlockTables(Path file) throws IOException {
        this.file = file;
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.deleteIfExists(file);
    }

    /**
     * @param attach what attaches K-FAC
     * @return what was logged at INFO meanwhile
     */
    static String logged(Runnable attach) {
        Logger logger = (Logger) LoggerFactory.getLogger(KFacListener.class);
        Level level = logger.getLevel();
        boolean additive = logger.isAdditive();
        ListAppender<ILoggingEvent> appender = new ListAppender<>();
        appender.start();
        logger.addAppender(appender);
        logger.setLevel(Level.INFO);
        logger.setAdditive(false);
        try {
            attach.run();
        } finally {
            logger.detachAppender(appender);
            logger.setLevel(level);
            logger.setAdditive(additive);
        }
        return appender.list.stream().map(ILoggingEvent::getFormattedMessage).collect(Collectors.joining("\n"));
    }

    void add(String title, String table) throws IOException {
        String earlier = Files.exists(file) ? Files.readString(file) : "";
        Files.writeString(file, earlier + title + "\n" + table + "\n\n");
    }
}
