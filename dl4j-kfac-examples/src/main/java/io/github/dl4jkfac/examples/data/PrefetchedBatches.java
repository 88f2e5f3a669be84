package io.github.dl4jkfac.examples.data;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Prepares the batch of the next step in the background while the present one is trained on. What the batches are is
 * unchanged: they are those of the source, which a single thread asks.
 */
public final class PrefetchedBatches implements TrainingBatches {

    private final TrainingBatches source;
    private final ExecutorService worker = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "batches");
        thread.setDaemon(true);
        return thread;
    });
    private long preparedStep = -1;
    private Future<DataSet> prepared;

    /** @param source where the batches come from; not to be used by others from now on */
    public PrefetchedBatches(TrainingBatches source) {
        this.source = source;
    }

    @Override
    public DataSet at(long step) {
        Future<DataSet> wanted = step == preparedStep ? prepared : worker.submit(() -> source.at(step));
        DataSet batch = await(wanted);
        preparedStep = step + 1;
        prepared = worker.submit(() -> source.at(step + 1));
        return batch;
    }

    private static DataSet await(Future<DataSet> batch) {
        try {
            return batch.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for a batch", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        }
    }

    @Override
    public void close() {
        worker.shutdownNow();
        source.close();
    }
}
