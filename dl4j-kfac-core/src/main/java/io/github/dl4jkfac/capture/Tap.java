package io.github.dl4jkfac.capture;

/** A decorator that stands in for a part of a layer's configuration during one backward pass. */
interface Tap {

    /** What it stands in for. */
    Object base();

    /** The part itself, however many taps stand in for it. */
    @SuppressWarnings("unchecked")
    static <T> T unwrap(T part) {
        T bare = part;
        while (bare instanceof Tap tap) {
            bare = (T) tap.base();
        }
        return bare;
    }
}
