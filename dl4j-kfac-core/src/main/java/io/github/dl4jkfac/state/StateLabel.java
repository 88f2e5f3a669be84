package io.github.dl4jkfac.state;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Who made an updater state, written into it: numbers alone do not tell, and a vector of the right length may be another updater's. A
 * check number of the whole text comes first, so that a glance is enough; then the text, three characters to a number, which a
 * float32 holds exactly. A state of zeros only has not been labelled.
 */
final class StateLabel {

    /** Numbers that a label takes. */
    static final int SIZE = 32;

    private static final int PER_NUMBER = 3;
    private static final int ALPHABET = 128;
    private static final int CHECK = 1 << 20;

    private final INDArray view;
    private final long at;

    StateLabel(INDArray view, long at) {
        this.view = view;
        this.at = at;
    }

    /** Whether nothing has been written. */
    boolean isBlank() {
        for (int i = 0; i < SIZE; i++) {
            if (number(i) != 0) {
                return false;
            }
        }
        return true;
    }

    boolean says(String text) {
        return number(0) == check(text);
    }

    /** False after a conversion to a type that cannot hold the numbers of a text, such as HALF, which makes them infinite. */
    boolean isFinite() {
        for (int i = 0; i < SIZE; i++) {
            if (!Double.isFinite(view.getDouble(at + i))) {
                return false;
            }
        }
        return true;
    }

    void write(String text) {
        byte[] bytes = Arrays.copyOf(text.getBytes(StandardCharsets.US_ASCII), PER_NUMBER * (SIZE - 1));
        view.putScalar(at, (double) check(text));
        for (int i = 0; i + PER_NUMBER <= bytes.length; i += PER_NUMBER) {
            int number = (bytes[i] * ALPHABET + bytes[i + 1]) * ALPHABET + bytes[i + 2];
            view.putScalar(at + 1 + i / PER_NUMBER, (double) number);
        }
    }

    /** The text, or as much of it as there is room for; whatever is no text stands as question marks. */
    String read() {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < SIZE; i++) {
            long number = number(i);
            append(text, number / (ALPHABET * ALPHABET));
            append(text, number / ALPHABET % ALPHABET);
            append(text, number % ALPHABET);
        }
        return text.toString();
    }

    private static void append(StringBuilder text, long code) {
        if (code != 0) {
            text.append(code >= ' ' && code < ALPHABET - 1 ? (char) code : '?');
        }
    }

    /** Rounded, since workers' states may be averaged. */
    private long number(int i) {
        return Math.round(view.getDouble(at + i));
    }

    /** Never zero, which is what nobody has written. */
    private static long check(String text) {
        return 1 + Math.floorMod(text.hashCode(), CHECK - 1);
    }
}
