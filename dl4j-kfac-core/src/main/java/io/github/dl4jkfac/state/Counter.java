package io.github.dl4jkfac.state;

import org.nd4j.linalg.api.ndarray.INDArray;

/** A whole number in a view of floating-point numbers, as two digits: a float32 holds integers up to 2^24 only. */
final class Counter {

    static final int SIZE = 2;
    private static final long BASE = 1L << 20;

    private final INDArray view;
    private final long at;

    Counter(INDArray view, long at) {
        this.view = view;
        this.at = at;
    }

    long get() {
        return (long) view.getDouble(at) * BASE + (long) view.getDouble(at + 1);
    }

    /** False if the digits have been through a type too small for them, such as HALF, which ends at 65504. */
    boolean isFinite() {
        return Double.isFinite(view.getDouble(at)) && Double.isFinite(view.getDouble(at + 1));
    }

    void set(long value) {
        view.putScalar(at, (double) (value / BASE));
        view.putScalar(at + 1, (double) (value % BASE));
    }
}
