package io.github.dl4jkfac.examples.data;

import java.util.SplittableRandom;

/**
 * The temporal order problem of Hochreiter and Schmidhuber (1997, task 6a): two symbols, each X or Y, lie far apart in
 * a sequence of distractors, and the class is which two they were, in which order. A network has to carry the first
 * over dozens of steps that say nothing about it, and both to the end.
 *
 * <p>Every sequence starts with E and ends with B. The first symbol that counts is within the second tenth of the
 * sequence, the second one within the sixth.
 */
public final class TemporalOrderSource {

    /** How many symbols there are: four distractors, E, B, X and Y. */
    public static final int SYMBOLS = 8;

    /** XX, XY, YX and YY. */
    public static final int CLASSES = 4;

    /** The shortest sequences in which the places of the two symbols vary. */
    public static final int SHORTEST = 10;

    private static final int DISTRACTORS = 4;
    private static final byte START = 4;
    private static final byte END = 5;
    private static final byte X = 6;
    private static final int TRAIN_COUNT = 20_000;
    private static final int TEST_COUNT = 5_000;
    private static final long SEED = 1;

    private TemporalOrderSource() {}

    /**
     * @param length symbols per sequence, at least {@link #SHORTEST}
     * @return 20,000 training and 5,000 test sequences, always the same
     */
    public static LabelledSplit generate(int length) {
        SplittableRandom random = new SplittableRandom(SEED);
        LabelledData test = sequences(random.split(), length, TEST_COUNT);
        return new LabelledSplit("memory-" + length, sequences(random.split(), length, TRAIN_COUNT), test);
    }

    private static LabelledData sequences(SplittableRandom random, int length, int count) {
        byte[] symbols = new byte[count * length];
        byte[] labels = new byte[count];
        for (int i = 0; i < count; i++) {
            int start = i * length;
            for (int time = 0; time < length; time++) {
                symbols[start + time] = (byte) random.nextInt(DISTRACTORS);
            }
            int first = random.nextInt(2);
            int second = random.nextInt(2);
            symbols[start] = START;
            symbols[start + within(random, length / 10, length / 5)] = (byte) (X + first);
            symbols[start + within(random, length / 2, length * 6 / 10)] = (byte) (X + second);
            symbols[start + length - 1] = END;
            labels[i] = (byte) (2 * first + second);
        }
        return new LabelledData(symbols, length, labels, CLASSES);
    }

    private static int within(SplittableRandom random, int from, int to) {
        return from + random.nextInt(to - from + 1);
    }
}
