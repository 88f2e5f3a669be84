package io.github.dl4jkfac.examples.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

class LabelledBatchesTest {

    private static final int SIDE = CifarSource.SIDE;
    private static final int SIZE = 3 * SIDE * SIDE;

    private final LabelledData data = ShapesSource.generate(1, 40, 5).train();
    private final ColourEncoding encoding = new ColourEncoding(data, 3);
    private final Augmentation augmentation = new Augmentation(encoding, SIDE, 3);

    @Test
    void aBatchDependsOnSeedAndStepOnlyInTheBackgroundToo() {
        try (TrainingBatches continuous = new PrefetchedBatches(batches(5))) {
            for (int step = 0; step < 7; step++) {
                DataSet expected = batches(5).at(step);
                DataSet batch = continuous.at(step);
                assertThat(batch.getFeatures()).isEqualTo(expected.getFeatures());
                assertThat(batch.getLabels()).isEqualTo(expected.getLabels());
            }
            assertThat(continuous.at(2).getFeatures())
                    .isEqualTo(batches(5).at(2).getFeatures());
        }
        assertThat(batches(6).at(0).getFeatures()).isNotEqualTo(batches(5).at(0).getFeatures());
    }

    @Test
    void aFailureInTheBackgroundReachesTheCaller() {
        try (TrainingBatches failing = new PrefetchedBatches(step -> {
            throw new IllegalArgumentException("step " + step);
        })) {
            assertThatThrownBy(() -> failing.at(4))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("step 4");
        }
    }

    @Test
    void channelsAreNormalisedOverTheTrainingImages() {
        INDArray all = LabelledBatches.range(data, encoding, 0, 40).getFeatures();
        assertThat(all.shape()).containsExactly(40, 3, SIDE, SIDE);
        for (double mean : all.mean(0, 2, 3).toDoubleVector()) {
            assertThat(mean).isCloseTo(0, within(1e-4));
        }
        for (double deviation : all.std(false, 0, 2, 3).toDoubleVector()) {
            assertThat(deviation).isCloseTo(1, within(1e-4));
        }
        // Pixel (row 3, column 9) of channel 2, from the interleaved bytes.
        double value = (data.value(7, 3 * (3 * SIDE + 9) + 2) - encoding.means()[2]);
        assertThat(Math.signum(all.getDouble(7, 2, 3, 9))).isEqualTo(Math.signum(value));
    }

    @Test
    void labelsAreOneHot() {
        INDArray labels = LabelledBatches.range(data, encoding, 0, 40).getLabels();
        for (int i = 0; i < 40; i++) {
            assertThat(labels.getRow(i).sumNumber().intValue()).isEqualTo(1);
            assertThat(labels.getInt(i, data.label(i))).isEqualTo(1);
        }
    }

    /** Every image that comes out is one of the 162 crops of the padded image or its mirror image, and they vary. */
    @Test
    void augmentationFlipsAndCropsAndDoesNothingElse() {
        byte[] image = new byte[SIZE];
        new Random(1).nextBytes(image);
        int copies = 400;
        byte[] all = new byte[copies * SIZE];
        for (int i = 0; i < copies; i++) {
            System.arraycopy(image, 0, all, i * SIZE, SIZE);
        }
        byte[] again = all.clone();
        augmentation.apply(all, new SplittableRandom(2));
        augmentation.apply(again, new SplittableRandom(2));
        assertThat(again).isEqualTo(all);

        Set<Integer> variants = new HashSet<>();
        for (int i = 0; i < copies; i++) {
            variants.add(variantOf(image, Arrays.copyOfRange(all, i * SIZE, (i + 1) * SIZE)));
        }
        assertThat(variants).doesNotContain(-1).hasSizeGreaterThan(130);
    }

    private int variantOf(byte[] image, byte[] result) {
        for (int variant = 0; variant < 162; variant++) {
            if (Arrays.equals(variant(image, variant % 2 == 1, variant / 2 / 9, variant / 2 % 9), result)) {
                return variant;
            }
        }
        return -1;
    }

    private byte[] variant(byte[] image, boolean flipped, int top, int left) {
        byte[] result = new byte[SIZE];
        for (int i = 0; i < SIZE; i++) {
            int channel = i % 3;
            int y = i / 3 / SIDE + top - 4;
            int x = i / 3 % SIDE + left - 4;
            boolean inside = y >= 0 && y < SIDE && x >= 0 && x < SIDE;
            int column = flipped ? SIDE - 1 - x : x;
            result[i] = inside ? image[3 * (y * SIDE + column) + channel] : (byte) Math.rint(encoding.means()[channel]);
        }
        return result;
    }

    @Test
    void augmentationLeavesNd4jsRandomStreamAlone() {
        Nd4j.getRandom().setSeed(9);
        double expected = Nd4j.getRandom().nextDouble();
        Nd4j.getRandom().setSeed(9);
        batches(5).at(0);
        assertThat(Nd4j.getRandom().nextDouble()).isEqualTo(expected);
    }

    private TrainingBatches batches(long seed) {
        return new LabelledBatches(data, encoding, augmentation, 8, seed);
    }
}
