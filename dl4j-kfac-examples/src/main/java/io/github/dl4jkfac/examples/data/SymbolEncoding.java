package io.github.dl4jkfac.examples.data;

/**
 * Sequences of symbols as one-hot vectors [N, symbols, length], in DL4J's order [examples, features, time].
 *
 * @param symbols how many symbols there are; the bytes are their numbers from 0
 * @param length symbols per sequence
 */
public record SymbolEncoding(int symbols, int length) implements Encoding {

    @Override
    public long[] shape(int count) {
        return new long[] {count, symbols, length};
    }

    @Override
    public void encode(byte[] values, int offset, float[] target, int targetOffset) {
        for (int time = 0; time < length; time++) {
            target[targetOffset + values[offset + time] * length + time] = 1;
        }
    }
}
