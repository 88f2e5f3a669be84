package io.github.dl4jkfac.examples.data;

/** How the bytes of examples become the input of a network. */
public interface Encoding {

    /**
     * @param count number of examples
     * @return shape of the network's input for so many examples, in 'c' order
     */
    long[] shape(int count);

    /**
     * @param values bytes of examples one after the other; not modified
     * @param offset where the example starts
     * @param target receives the input; zero before
     * @param targetOffset where the example's input starts
     */
    void encode(byte[] values, int offset, float[] target, int targetOffset);
}
