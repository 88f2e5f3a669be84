package io.github.dl4jkfac.capture;

/** A decorator that stands in for a part of a layer's configuration during one backward pass. */
interface Tap {

    /** What it stands in for. */
    Object base();

    /** The part itself, whether a tap stands in for it or not. */
    @SuppressWarnings("unchecked")
    static <T> T unwrap(T part) {
        return part instanceof Tap tap ? (T) tap.base() : part;
    }
}
