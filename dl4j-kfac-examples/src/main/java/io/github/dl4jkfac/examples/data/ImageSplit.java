package io.github.dl4jkfac.examples.data;

/**
 * A data set of images.
 *
 * @param name short name, as {@code --dataset} calls it
 * @param train the images to train on
 * @param test the images kept apart
 */
public record ImageSplit(String name, ImageData train, ImageData test) {

    /**
     * @param trainLimit how many training images to keep at most
     * @param testLimit how many test images to keep at most
     * @return the same data with fewer images
     */
    public ImageSplit first(int trainLimit, int testLimit) {
        return new ImageSplit(name, train.first(trainLimit), test.first(testLimit));
    }
}
