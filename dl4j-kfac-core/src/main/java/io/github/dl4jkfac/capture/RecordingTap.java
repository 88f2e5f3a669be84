package io.github.dl4jkfac.capture;

/**
 * A tap that tells a recording what passes through.
 *
 * @param <T> what it stands in for
 */
interface RecordingTap<T> extends Tap {

    @Override
    T base();

    Recording recording();

    /** The same tap over something else; the result is a T as well. */
    T over(T other);

    /**
     * Takes one recording's tap out, and all that no longer record, such as those that a clone has taken over. Networks that share a
     * configuration and train in several threads each have theirs, one over the other.
     */
    @SuppressWarnings("unchecked")
    static <T> T without(T part, Recording recording) {
        if (!(part instanceof RecordingTap<?>)) {
            return part;
        }
        RecordingTap<T> tap = (RecordingTap<T>) part;
        T below = without(tap.base(), recording);
        if (tap.recording() == recording || !tap.recording().isActive()) {
            return below;
        }
        return below == tap.base() ? part : tap.over(below);
    }
}
