package io.github.dl4jkfac.session;

import io.github.dl4jkfac.solve.BlasThreads;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * The cores that matrix products leave alone. BLAS has one pool of threads for the whole process; where it takes all cores, a background computation would only
 * wait for it, and it for the computation.
 */
final class SpareCores {

    /** The cores of this machine beside those of BLAS's threads. */
    static final SpareCores OF_MACHINE =
            new SpareCores(() -> Runtime.getRuntime().availableProcessors() - BlasThreads.get());

    private static final long IDLE_SECONDS = 10;

    private final IntSupplier number;
    private final ThreadPoolExecutor threads;

    /** @param number of spare cores; asked again each time, since the number of BLAS's threads can be changed */
    SpareCores(IntSupplier number) {
        this.number = number;
        this.threads =
                new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "dl4j-kfac refresh");
                    thread.setDaemon(true); // the end of the program waits for no inverse
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /** How many there are now. */
    int number() {
        return number.getAsInt();
    }

    /**
     * Has tasks run in the background, in their order.
     *
     * @return false if there are no spare cores; then nothing has happened
     */
    boolean run(List<Runnable> tasks) {
        int cores = number();
        if (cores < 1) {
            return false;
        }
        resize(cores);
        tasks.forEach(threads::execute);
        return true;
    }

    /** The larger of the two numbers may not be smaller than the other one, at any time. */
    private synchronized void resize(int cores) {
        if (cores > threads.getMaximumPoolSize()) {
            threads.setMaximumPoolSize(cores);
            threads.setCorePoolSize(cores);
        } else {
            threads.setCorePoolSize(cores);
            threads.setMaximumPoolSize(cores);
        }
    }
}
