package io.github.dl4jkfac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file is replaced at once or not at all, and nothing is left beside it. */
class AtomicFileTest {

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("file");
        AtomicFile.replace(file, text("old"));
    }

    private static AtomicFile.Content text(String text) {
        return out -> out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aFailureLeavesTheOldFile() throws IOException {
        IOException full = new IOException("No space left on device");
        assertThatThrownBy(() -> AtomicFile.replace(file, out -> {
                    out.write(new byte[100_000]);
                    throw full;
                }))
                .isSameAs(full);
        assertThatThrownBy(() -> AtomicFile.replace(file, out -> {
                    throw new UncheckedIOException(full);
                }))
                .hasCause(full);
        assertThatThrownBy(() -> AtomicFile.replace(file, out -> {
                    throw new OutOfMemoryError("none left");
                }))
                .isInstanceOf(OutOfMemoryError.class);
        assertThat(file).hasContent("old");
        assertThat(names()).containsExactly("file");
    }

    @Test
    void leftoversOfTheDeadAreRemovedAndOtherFilesAreNot() throws IOException {
        Files.writeString(folder.resolve(".dl4jkfac-0.unfinished"), "half a file");
        Files.createFile(folder.resolve(".dl4jkfac-1.unfinished"));
        List<String> others = List.of(".dl4jkfac-2", "3.unfinished", "file.tmp", "checkpoint.zip");
        for (String other : others) {
            Files.createFile(folder.resolve(other));
        }
        AtomicFile.replace(file, text("new"));
        assertThat(file).hasContent("new");
        assertThat(names()).contains("file").containsAll(others).hasSize(1 + others.size());
    }

    @Test
    void whatThisProcessIsWritingStays() throws IOException {
        AtomicFile.replace(file, out -> {
            out.write('n');
            AtomicFile.replace(folder.resolve("other"), text("meanwhile"));
            out.write('w');
        });
        assertThat(file).hasContent("nw");
        assertThat(names()).containsExactly("file", "other");
    }

    /** What another living process writes; KillCampaignTest sees to the dead. */
    @Test
    void whatIsLockedStays() throws IOException {
        Path written = Files.createFile(folder.resolve(".dl4jkfac-0.unfinished"));
        try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
            assertThat(channel.tryLock()).isNotNull();
            AtomicFile.replace(file, text("new"));
            assertThat(written).exists();
        }
        AtomicFile.removeLeftovers(folder);
        assertThat(written).doesNotExist();
    }

    @Test
    void aLinkStaysALink() throws IOException {
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Path target = Files.writeString(elsewhere.resolve("target"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), target);
        AtomicFile.replace(link, text("new"));
        assertThat(link).isSymbolicLink().hasContent("new");
        assertThat(target).hasContent("new");
    }

    @Test
    void devicesAreNotReplaced() {
        assertThatThrownBy(() -> AtomicFile.replace(folder, text("new"))).hasMessage("it is a folder");
        Path device = Path.of("/dev/null");
        if (Files.exists(device)) {
            assertThatThrownBy(() -> AtomicFile.replace(device, text("new"))).hasMessage("it is no regular file");
        }
    }

    @Test
    void anInterruptWaits() throws Exception {
        Thread.currentThread().interrupt();
        AtomicFile.replace(file, text("interrupted before"));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(file).hasContent("interrupted before");

        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        Throwable[] failure = {null};
        boolean[] flag = {false};
        Thread writer = new Thread(() -> {
            try {
                AtomicFile.replace(file, out -> {
                    out.write("interrupted ".getBytes(StandardCharsets.UTF_8));
                    begun.countDown();
                    while (interrupted.getCount() > 0) {
                        Thread.onSpinWait();
                    }
                    out.write("within".getBytes(StandardCharsets.UTF_8));
                });
                flag[0] = Thread.currentThread().isInterrupted();
            } catch (IOException | RuntimeException e) {
                failure[0] = e;
            }
        });
        writer.start();
        begun.await();
        writer.interrupt();
        interrupted.countDown();
        writer.join();
        assertThat(failure[0]).isNull();
        assertThat(flag[0]).isTrue();
        assertThat(file).hasContent("interrupted within");
        assertThat(names()).containsExactly("file");
    }

    private List<String> names() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }
}
