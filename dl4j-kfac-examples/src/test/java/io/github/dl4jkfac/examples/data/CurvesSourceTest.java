package io.github.dl4jkfac.examples.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

class CurvesSourceTest {

    private static final int COUNT = 200;

    private final INDArray images = CurvesSource.generate(7, COUNT, 50).train().rows(0, COUNT);

    @Test
    void theSameSeedGivesTheSameImages() {
        assertThat(CurvesSource.generate(7, COUNT, 50).train().rows(0, COUNT)).isEqualTo(images);
        assertThat(CurvesSource.generate(8, COUNT, 50).train().rows(0, COUNT)).isNotEqualTo(images);
    }

    @Test
    void testImagesDoNotDependOnTheNumberOfTrainingImages() {
        assertThat(CurvesSource.generate(7, 10, 50).test().rows(0, 50))
                .isEqualTo(CurvesSource.generate(7, 20, 50).test().rows(0, 50));
    }

    @Test
    void everyImageIsMostlyBlackWithSomeInkOfAllShades() {
        assertThat(images.minNumber().doubleValue()).isZero();
        assertThat(images.maxNumber().doubleValue()).isEqualTo(1);
        INDArray ink = images.mean(1);
        assertThat(ink.minNumber().doubleValue()).isGreaterThan(0.002);
        assertThat(ink.maxNumber().doubleValue()).isLessThan(0.3);
        float[] values = images.dup().data().asFloat();
        int soft = 0;
        for (float value : values) {
            soft += value > 0 && value < 1 ? 1 : 0;
        }
        assertThat(soft).as("pixels at the edge of the pen").isGreaterThan(COUNT);
    }

    @Test
    void imagesDiffer() {
        for (int i = 1; i < COUNT; i++) {
            assertThat(images.getRow(i)).isNotEqualTo(images.getRow(i - 1));
        }
    }
}
