package io.github.dl4jkfac.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces a file at once or not at all, whenever the process or the machine dies: the content goes to a new file in the same folder,
 * to the disk, and then by renaming to its place.
 *
 * <p>What a killed process leaves behind is removed by the next one that saves to the folder. Whoever writes holds a lock on its
 * unfinished file, which the operating system takes back when the process ends, however it ends; so a file that can be locked is
 * nobody's. Process numbers would not do: containers that share a folder have their own.
 */
final class AtomicFile {

    private static final Logger LOG = LoggerFactory.getLogger(AtomicFile.class);

    private static final String PREFIX = ".dl4jkfac-";
    private static final String SUFFIX = ".unfinished";

    /** This process's own: to close a second channel on one of them would give its lock away. */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    /** Writes what is to be in the file; may be asked again. */
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private AtomicFile() {}

    /**
     * @param target the file; a symbolic link stays, and what it points to is replaced
     * @throws IOException if it cannot be written; what was there is unchanged then
     */
    static void replace(Path target, Content content) throws IOException {
        Path file =
                Files.isSymbolicLink(target) && Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException(Files.isDirectory(file) ? "it is a folder" : "it is no regular file");
        }
        Path folder = file.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new NotDirectoryException("there is no folder " + folder);
        }
        removeLeftovers(folder);
        uninterrupted(() -> {
            while (!attempt(folder, file, content)) {
                LOG.debug("an unfinished file was taken for a leftover before it was locked");
            }
        });
        uninterrupted(() -> force(folder));
    }

    /** An interrupt closes the channel in mid-write. It is for the caller, after the file is complete. */
    private static void uninterrupted(Attempt attempt) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    attempt.run();
                    return;
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private interface Attempt {
        void run() throws IOException;
    }

    /** @return false if another process has removed the unfinished file before it was locked */
    private static boolean attempt(Path folder, Path file, Content content) throws IOException {
        Path unfinished = folder.resolve(PREFIX + UUID.randomUUID() + SUFFIX);
        OWN.add(unfinished);
        try (FileChannel channel =
                FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            if (!locked(channel) || !Files.exists(unfinished)) {
                return false;
            }
            Sink sink = new Sink(Channels.newOutputStream(channel));
            try {
                content.writeTo(sink);
            } catch (RuntimeException e) {
                if (sink.failure() != null) {
                    throw sink.failure();
                }
                throw e;
            }
            channel.force(true);
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } finally {
            Files.deleteIfExists(unfinished);
            OWN.remove(unfinished);
        }
    }

    /** Some file systems know no locks. Nobody can take the file for a leftover there. */
    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            LOG.debug("no locks: {}", e.toString());
            return true;
        }
    }

    /** Removes unfinished files that no living process writes. */
    static void removeLeftovers(Path folder) throws IOException {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, PREFIX + "*" + SUFFIX)) {
            for (Path leftover : leftovers) {
                if (!OWN.contains(leftover.toAbsolutePath())) {
                    removeUnlessLocked(leftover);
                }
            }
        }
    }

    private static void removeUnlessLocked(Path leftover) {
        try (FileChannel channel = FileChannel.open(leftover, StandardOpenOption.WRITE)) {
            if (channel.tryLock() != null) {
                Files.deleteIfExists(leftover);
            }
        } catch (NoSuchFileException | OverlappingFileLockException e) {
            LOG.debug("{} is being written, or has just become whole", leftover);
        } catch (IOException e) {
            LOG.debug("{} may be a leftover, but stays: {}", leftover, e.toString());
        }
    }

    /** Takes the renaming to the disk. Windows opens no folders; its renaming is written through. */
    private static void force(Path folder) throws ClosedByInterruptException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            LOG.debug("folder {} cannot be forced to the disk: {}", folder, e.toString());
        }
    }

    /** Remembers what went wrong: ND4J wraps what its streams throw. */
    private static final class Sink extends OutputStream {

        private final OutputStream out;
        private IOException failure;

        Sink(OutputStream out) {
            this.out = out;
        }

        IOException failure() {
            return failure;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                out.write(bytes, offset, length);
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }
    }
}
