package io.github.dl4jkfac.examples.data;

import io.github.dl4jkfac.examples.failures.UserError;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.deeplearning4j.common.resources.DL4JResources;
import org.deeplearning4j.common.resources.ResourceType;
import org.deeplearning4j.datasets.iterator.impl.MnistDataSetIterator;
import org.eclipse.deeplearning4j.resources.ResourceDataSets;

/** MNIST through DL4J: its cache on this machine, and the download that fills it. */
final class MnistDownload {

    private static final int TIME_LIMIT_SECONDS = 15;

    private MnistDownload() {}

    /**
     * Looks where DL4J keeps MNIST: its documented folder, and the one that M2.1 really uses.
     *
     * @param reader finds and reads the files in a folder
     * @param notice receives a line on files that are there but damaged, for instance by a download that broke off
     * @return the data, or empty where there are none
     */
    static <T> Optional<T> cached(Function<Path, Optional<T>> reader, Consumer<String> notice) {
        Set<Path> folders = new LinkedHashSet<>(List.of(
                DL4JResources.getDirectory(ResourceType.DATASET, "MNIST").toPath(),
                ResourceDataSets.mnistTrain()
                        .localPath()
                        .toPath()
                        .toAbsolutePath()
                        .getParent()));
        for (Path folder : folders) {
            try {
                Optional<T> found = reader.apply(folder);
                if (found.isPresent()) {
                    return found;
                }
            } catch (UserError e) {
                notice.accept("passing over a damaged cache: " + e.getMessage());
            }
        }
        return Optional.empty();
    }

    /**
     * Downloads MNIST into DL4J's cache, giving up after a time limit: DL4J itself retries for minutes without network.
     *
     * @param reader finds and reads the files in a folder
     * @param notice receives a line before the attempt
     * @return the data, or empty where they could not be had
     */
    static <T> Optional<T> attempt(Function<Path, Optional<T>> reader, Consumer<String> notice) {
        notice.accept("MNIST not found here: trying to download it (at most " + TIME_LIMIT_SECONDS + " s)");
        FutureTask<Boolean> download = new FutureTask<>(() -> {
            new MnistDataSetIterator(1, 1, false, true, false, 0);
            new MnistDataSetIterator(1, 1, false, false, false, 0);
            return true;
        });
        Thread thread = new Thread(download, "mnist-download");
        thread.setDaemon(true);
        thread.start();
        try {
            download.get(TIME_LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            download.cancel(true);
        }
        return cached(reader, notice);
    }
}
