package io.github.dl4jkfac.examples.data;

/**
 * A data set of examples with classes.
 *
 * @param name short name
 * @param train the examples to train on
 * @param test the examples kept apart
 */
public record LabelledSplit(String name, LabelledData train, LabelledData test) {

    /**
     * @param trainLimit how many training examples to keep at most
     * @param testLimit how many test examples to keep at most
     * @return the same data with fewer examples
     */
    public LabelledSplit first(int trainLimit, int testLimit) {
        return new LabelledSplit(name, train.first(trainLimit), test.first(testLimit));
    }

    /** @return the examples as grey images, without their classes */
    public ImageSplit images() {
        return new ImageSplit(name, train.images(), test.images());
    }
}
