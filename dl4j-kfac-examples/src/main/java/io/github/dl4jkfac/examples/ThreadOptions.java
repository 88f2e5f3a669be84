package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.solve.BlasThreads;
import picocli.CommandLine.Option;

/** The option on how much of the machine to use. */
final class ThreadOptions {

    private static final int MOST_THREADS = 1024;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads of ND4J and its BLAS. Default: as ND4J sets them (all cores, or OMP_NUM_THREADS).")
    Integer threads;

    /** Checks the number and sets it, where it is given. */
    void apply() {
        Checks.within("--threads", threads, 1, MOST_THREADS);
        if (threads != null) {
            BlasThreads.set(threads);
        }
    }
}
