package io.github.dl4jkfac.examples.data;

import java.util.Arrays;

/**
 * Examples of one size with their classes, one byte per value: pixels of images, or symbols of sequences. What the
 * bytes mean to a network is the matter of an {@link Encoding}.
 */
public final class LabelledData {

    /** How many classes a label of one byte can tell apart. */
    public static final int MAX_CLASSES = 256;

    private final byte[] values;
    private final int size;
    private final byte[] labels;
    private final int classes;

    /**
     * @param values all examples one after the other, unsigned; not copied
     * @param size values per example
     * @param labels class of each example, from 0, unsigned; not copied
     * @param classes how many classes there are, at most {@link #MAX_CLASSES}
     */
    public LabelledData(byte[] values, int size, byte[] labels, int classes) {
        if (size <= 0 || labels.length == 0 || values.length != (long) labels.length * size) {
            throw new IllegalArgumentException(
                    values.length + " bytes are not " + labels.length + " examples of " + size + " values");
        }
        for (byte label : labels) {
            if (Byte.toUnsignedInt(label) >= classes) {
                throw new IllegalArgumentException(
                        "label " + Byte.toUnsignedInt(label) + " is none of " + classes + " classes");
            }
        }
        this.values = values;
        this.size = size;
        this.labels = labels;
        this.classes = classes;
    }

    /** @return the number of examples */
    public int count() {
        return labels.length;
    }

    /** @return values per example */
    public int size() {
        return size;
    }

    /** @return the number of classes */
    public int classes() {
        return classes;
    }

    /**
     * @param index of an example
     * @return its class, from 0
     */
    public int label(int index) {
        return Byte.toUnsignedInt(labels[index]);
    }

    /**
     * @param index of an example
     * @param value which of its values
     * @return that value, 0 to 255
     */
    public int value(int index, int value) {
        return values[index * size + value] & 0xFF;
    }

    /**
     * @param index of an example
     * @param target receives its values
     * @param offset where in the target
     */
    void copy(int index, byte[] target, int offset) {
        System.arraycopy(values, index * size, target, offset, size);
    }

    /** @return the examples as grey images, without their classes */
    public ImageData images() {
        return new ImageData(values, size);
    }

    /**
     * @param newValues all examples in another form, in the same order; not copied
     * @param newSize values per example in that form
     * @return these, each with the class that it has here
     */
    LabelledData withValues(byte[] newValues, int newSize) {
        return new LabelledData(newValues, newSize, labels, classes);
    }

    /**
     * @param limit how many examples to keep at most
     * @return the first {@code limit} examples, or all of them where there are fewer
     */
    public LabelledData first(int limit) {
        return limit >= count()
                ? this
                : new LabelledData(Arrays.copyOf(values, limit * size), size, Arrays.copyOf(labels, limit), classes);
    }
}
