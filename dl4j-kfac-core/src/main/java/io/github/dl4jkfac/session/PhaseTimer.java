package io.github.dl4jkfac.session;

import io.github.dl4jkfac.diagnostics.Phase;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/** How long each phase of a network's steps has taken, all steps together. */
final class PhaseTimer {

    private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);

    PhaseTimer() {
        for (Phase phase : Phase.values()) {
            nanos.put(phase, 0L);
        }
    }

    <T> T time(Phase phase, Supplier<T> work) {
        long start = System.nanoTime();
        try {
            return work.get();
        } finally {
            nanos.merge(phase, System.nanoTime() - start, Long::sum);
        }
    }

    void time(Phase phase, Runnable work) {
        time(phase, () -> {
            work.run();
            return null;
        });
    }

    /** A copy. */
    Map<Phase, Long> nanos() {
        return new EnumMap<>(nanos);
    }
}
