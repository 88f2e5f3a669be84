package io.github.dl4jkfac.parallel;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.nd4j.linalg.factory.Nd4j;

/** Threads that do the same thing at the same time, each on a device of its own where there are several. */
final class Workers implements AutoCloseable {

    private final List<ExecutorService> threads = new ArrayList<>();
    private final Duration patience;

    /**
     * @param count how many
     * @param patience how long all of them together may take for one task each
     */
    Workers(int count, Duration patience) {
        this.patience = patience;
        int devices = Math.max(1, Nd4j.getAffinityManager().getNumberOfDevices());
        for (int i = 0; i < count; i++) {
            String name = "kfac-worker-" + i;
            int device = i % devices;
            threads.add(Executors.newSingleThreadExecutor(task -> {
                Thread thread = new Thread(
                        () -> {
                            Nd4j.getAffinityManager().unsafeSetDevice(device);
                            task.run();
                        },
                        name);
                thread.setDaemon(true);
                return thread;
            }));
        }
    }

    /**
     * Lets each worker do one task, the first worker the first.
     *
     * @param tasks no more than there are workers
     * @return what they have found, in the same order
     * @throws RuntimeException the first failure, in the order of the tasks, as it was thrown; the other tasks have come to their end by then, or to the end of our patience
     * @throws IllegalStateException if a task takes too long, or the calling thread is interrupted
     */
    <T> List<T> all(List<Callable<T>> tasks) {
        List<Future<T>> futures = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            futures.add(threads.get(i).submit(tasks.get(i)));
        }
        long end = System.nanoTime() + patience.toNanos();
        List<T> results = new ArrayList<>();
        Throwable failure = null;
        for (int i = 0; i < futures.size(); i++) {
            try {
                results.add(futures.get(i).get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS));
            } catch (ExecutionException e) {
                failure = failure == null ? e.getCause() : failure;
            } catch (TimeoutException e) {
                futures.forEach(future -> future.cancel(true));
                throw failure == null ? tooLate(i, e) : asUnchecked(failure);
            } catch (InterruptedException e) {
                futures.forEach(future -> future.cancel(true));
                Thread.currentThread().interrupt();
                throw new IllegalStateException("Training was interrupted while workers were busy", e);
            }
        }
        if (failure != null) {
            throw asUnchecked(failure);
        }
        return results;
    }

    /**
     * Shares tasks out, each to the next worker that is free.
     *
     * @param tasks in the order in which they are begun
     * @throws RuntimeException as {@link #all}
     */
    void share(List<Runnable> tasks) {
        Queue<Runnable> waiting = new ConcurrentLinkedQueue<>(tasks);
        Callable<Void> worker = () -> {
            for (Runnable task = waiting.poll(); task != null; task = waiting.poll()) {
                task.run();
            }
            return null;
        };
        all(Collections.nCopies(Math.min(threads.size(), tasks.size()), worker));
    }

    private IllegalStateException tooLate(int worker, TimeoutException cause) {
        return new IllegalStateException(
                "Worker " + worker + " has not come to an end within " + patience
                        + ". If a pass through its part of a batch may take so long, raise KFacParallel's timeout",
                cause);
    }

    private static RuntimeException asUnchecked(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        return failure instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(failure);
    }

    @Override
    public void close() {
        threads.forEach(ExecutorService::shutdownNow);
    }
}
