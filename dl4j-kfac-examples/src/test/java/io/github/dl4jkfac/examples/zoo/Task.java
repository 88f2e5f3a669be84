package io.github.dl4jkfac.examples.zoo;

import java.util.random.RandomGenerator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** What a network of the zoo learns. Draws noise of the right shape as input, and labels that its loss takes. */
enum Task {

    /** Images [N,channels,h,w] to one-hot classes [N,{@link #CLASSES}]. */
    CLASSIFICATION {
        @Override
        DataSet draw(int examples, int[] shape, RandomGenerator random) {
            INDArray labels = Nd4j.zeros(examples, CLASSES);
            for (int i = 0; i < examples; i++) {
                labels.putScalar(i, random.nextInt(CLASSES), 1);
            }
            return new DataSet(images(examples, shape, random), labels);
        }
    },

    /** Images [N,channels,h,w] to masks [N,1,h,w] of zeros and ones. */
    SEGMENTATION {
        @Override
        DataSet draw(int examples, int[] shape, RandomGenerator random) {
            INDArray labels = Nd4j.zeros(examples, 1, shape[1], shape[2]);
            for (long i = 0; i < labels.length(); i++) {
                labels.putScalar(i, random.nextInt(2));
            }
            return new DataSet(images(examples, shape, random), labels);
        }
    },

    /** Images [N,channels,h,w] to one box each, in cells of 32 pixels: [N,4+{@link #CLASSES},h/32,w/32]. */
    DETECTION {
        @Override
        DataSet draw(int examples, int[] shape, RandomGenerator random) {
            INDArray labels = Nd4j.zeros(examples, 4 + CLASSES, shape[1] / 32, shape[2] / 32);
            float[] corners = {0.1f, 0.2f, 0.9f, 0.8f};
            for (int i = 0; i < examples; i++) {
                for (int c = 0; c < corners.length; c++) {
                    labels.putScalar(new int[] {i, c, 0, 0}, corners[c]);
                }
                labels.putScalar(new int[] {i, 4 + random.nextInt(CLASSES), 0, 0}, 1);
            }
            return new DataSet(images(examples, shape, random), labels);
        }
    },

    /** One-hot characters [N,characters,T] to the characters that follow them; the shape is {T, characters}. */
    NEXT_CHARACTER {
        @Override
        DataSet draw(int examples, int[] shape, RandomGenerator random) {
            int length = shape[0];
            INDArray features = Nd4j.zeros(examples, shape[1], length);
            INDArray labels = Nd4j.zeros(examples, shape[1], length);
            for (int i = 0; i < examples; i++) {
                int character = random.nextInt(shape[1]);
                for (int t = 0; t < length; t++) {
                    features.putScalar(i, character, t, 1);
                    character = random.nextInt(shape[1]);
                    labels.putScalar(i, character, t, 1);
                }
            }
            return new DataSet(features, labels);
        }
    };

    static final int CLASSES = 10;

    /**
     * @param examples how many
     * @param shape of one input, as the zoo's models take it
     * @param random the stream to draw from
     * @return a batch
     */
    abstract DataSet draw(int examples, int[] shape, RandomGenerator random);

    private static INDArray images(int examples, int[] shape, RandomGenerator random) {
        INDArray images = Nd4j.createUninitialized(examples, shape[0], shape[1], shape[2]);
        for (long i = 0; i < images.length(); i++) {
            images.putScalar(i, random.nextFloat());
        }
        return images;
    }
}
