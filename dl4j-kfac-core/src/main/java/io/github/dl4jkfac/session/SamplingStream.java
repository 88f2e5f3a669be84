package io.github.dl4jkfac.session;

import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;

/** The random numbers that targets and signs are drawn with: the same ones whenever the same step is taken again. */
final class SamplingStream {

    private static final long STEP = 0x9E3779B97F4A7C15L;

    private final long seed;
    private Random random;

    /** @param seed of the updater */
    SamplingStream(long seed) {
        this.seed = seed;
    }

    /** The stream of a step, at its beginning; valid until the next call. */
    Random at(long step) {
        long sum = seed * STEP + step;
        long start = sum == 0 ? STEP : sum; // ND4J takes the seed 0 for "some seed"
        if (random == null) {
            try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                random = Nd4j.getRandomFactory().getNewRandomInstance(start);
            }
        }
        random.setSeed(start);
        return random;
    }
}
