package io.github.dl4jkfac.examples.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.deeplearning4j.common.resources.DL4JResources;
import org.deeplearning4j.common.resources.ResourceType;
import org.deeplearning4j.datasets.iterator.impl.MnistDataSetIterator;
import org.eclipse.deeplearning4j.resources.ResourceDataSets;

/** MNIST through DL4J: its cache on this machine, and the download that fills it. */
final class MnistDownload {

    private static final int TIME_LIMIT_SECONDS = 15;

    private MnistDownload() {}

    /** @return where DL4J keeps MNIST: its documented folder, and the one that M2.1 really uses */
    static List<Path> cacheFolders() {
        return List.of(
                DL4JResources.getDirectory(ResourceType.DATASET, "MNIST").toPath(),
                ResourceDataSets.mnistTrain()
                        .localPath()
                        .toPath()
                        .toAbsolutePath()
                        .getParent());
    }

    /**
     * Downloads MNIST into DL4J's cache, giving up after a time limit: DL4J itself retries for minutes without network.
     *
     * @param notice receives a line before the attempt
     * @return the data, or empty where they could not be had
     */
    static Optional<ImageSplit> attempt(Consumer<String> notice) {
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
        return cacheFolders().stream()
                .map(MnistSource::in)
                .flatMap(Optional::stream)
                .findFirst();
    }
}
