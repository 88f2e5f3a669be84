package io.github.dl4jkfac.control;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * What an automatic step consists of. The system property {@value #PROPERTY} switches parts off, by their names in lower case with commas
 * between them: not for training, but to see what each is worth.
 */
enum Part {
    /** alpha from the quadratic model; else 1. */
    RATE,
    /** Less curvature along U than its own batch shows; else as much. */
    FRESH,
    /** mu from the quadratic model; else 0. */
    MOMENTUM,
    /** The trust region; else steps of any length. */
    REGION,
    /** Shorter steps where the loss has stopped falling. */
    WATCH,
    /** The bound of the relative change of hidden layers. */
    LAYERS,
    /** Trying a step before it is taken. */
    TRIAL,
    /** Measuring at some steps only where batches differ or passes cost much; else at every one. */
    INTERVAL;

    static final String PROPERTY = "dl4jkfac.without";

    /**
     * The parts that are switched off.
     *
     * @throws IllegalArgumentException if the property names a part that there is not
     */
    static Set<Part> switchedOff() {
        Set<Part> off = EnumSet.noneOf(Part.class);
        for (String name : System.getProperty(PROPERTY, "").split(",")) {
            if (!name.isBlank()) {
                off.add(of(name.trim()));
            }
        }
        return off;
    }

    private static Part of(String name) {
        return Arrays.stream(values())
                .filter(part -> part.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("The system property " + PROPERTY
                        + " must name parts of " + Arrays.toString(values()).toLowerCase(Locale.ROOT) + ". Got: "
                        + name));
    }
}
