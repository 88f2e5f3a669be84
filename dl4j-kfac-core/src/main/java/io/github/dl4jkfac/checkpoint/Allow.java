package io.github.dl4jkfac.checkpoint;

/** What {@link Checkpoints#resume} refuses in a file unless it is told to take it. */
public enum Allow {

    /**
     * A file without the updater's state, or with a state of another length than the updater needs. Momentum, factors and
     * moments start afresh then, so that training does not go on as it would have without the interruption.
     */
    MISSING_UPDATER_STATE,

    /** NaN or infinite parameters or updater state. */
    NON_FINITE_VALUES,

    /**
     * An entry {@code preprocessor.bin}, which DL4J's {@code ModelSerializer} turns into an object by Java deserialisation
     * whenever it opens the file: whoever has written the file can have code run that way. This library never reads the entry.
     */
    PREPROCESSOR
}
