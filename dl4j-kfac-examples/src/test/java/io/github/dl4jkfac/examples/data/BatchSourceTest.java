package io.github.dl4jkfac.examples.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

class BatchSourceTest {

    /** Ten images of one pixel, whose intensities tell them apart; batches of three leave one out per epoch. */
    private final ImageData images = new ImageData(new byte[] {0, 10, 20, 30, 40, 50, 60, 70, 80, 90}, 1);

    @Test
    void aBatchDependsOnSeedAndStepOnly() {
        BatchSource continuous = new BatchSource(images, 3, 5);
        for (int step = 0; step < 9; step++) {
            INDArray batch = continuous.at(step).getFeatures();
            assertThat(new BatchSource(images, 3, 5).at(step).getFeatures()).isEqualTo(batch);
        }
        assertThat(order(6)).isNotEqualTo(order(5));
    }

    @Test
    void anEpochShowsNoImageTwice() {
        BatchSource source = new BatchSource(images, 3, 5);
        for (int epoch = 0; epoch < 4; epoch++) {
            Set<Float> seen = new TreeSet<>();
            for (int step = 0; step < 3; step++) {
                for (float value :
                        source.at(epoch * 3 + step).getFeatures().data().asFloat()) {
                    assertThat(seen.add(value)).isTrue();
                }
            }
        }
    }

    @Test
    void everyEpochHasItsOwnOrder() {
        BatchSource source = new BatchSource(images, 3, 5);
        assertThat(source.at(0).getFeatures()).isNotEqualTo(source.at(3).getFeatures());
    }

    @Test
    void imagesAreTheirOwnLabels() {
        assertThat(new BatchSource(images, 3, 5).at(0).getLabels())
                .isEqualTo(new BatchSource(images, 3, 5).at(0).getFeatures());
    }

    @Test
    void aBatchOfMoreThanAllImagesIsRefused() {
        assertThatThrownBy(() -> new BatchSource(images, 11, 5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("11");
    }

    private String order(long seed) {
        BatchSource source = new BatchSource(images, 3, seed);
        return source.at(0).getFeatures() + " " + source.at(1).getFeatures() + " "
                + source.at(2).getFeatures();
    }
}
