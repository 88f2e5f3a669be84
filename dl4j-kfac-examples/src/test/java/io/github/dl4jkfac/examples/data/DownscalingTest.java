package io.github.dl4jkfac.examples.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.DataSet;

class DownscalingTest {

    @Test
    void everyPixelIsTheMeanOfTheAreaThatItCovers() {
        LabelledData small = scaled(data(2, 0, 100, 200, 40), 1).train();
        assertThat(small.value(0, 0)).isEqualTo(85);

        // 3 -> 2: a pixel covers one and a half old ones each way; the first is the corner, half an edge, half another,
        // a quarter.
        LabelledData uneven = scaled(data(3, 90, 0, 0, 0, 0, 0, 0, 0, 180), 2).train();
        assertThat(IntStream.range(0, 4).map(pixel -> uneven.value(0, pixel))).containsExactly(40, 0, 0, 80);
    }

    @Test
    void theMeanOfTheImageStays() {
        int[] pixels = IntStream.range(0, 28 * 28).map(i -> i * 7 % 256).toArray();
        LabelledData small = scaled(data(28, pixels), 16).train();
        double mean =
                IntStream.range(0, 256).map(i -> small.value(0, i)).average().orElseThrow();
        assertThat(mean).isCloseTo(IntStream.of(pixels).average().orElseThrow(), within(0.2));
    }

    @Test
    void theClassesStayAndTheSameSizeChangesNothing() {
        LabelledSplit same = scaled(data(2, 1, 255, 0, 128), 2);
        assertThat(same.name()).isEqualTo("test");
        assertThat(same.test().label(0)).isEqualTo(3);
        assertThat(IntStream.range(0, 4).map(pixel -> same.test().value(0, pixel)))
                .containsExactly(1, 255, 0, 128);
        assertThat(same.images().train().rows(0, 1).toDoubleVector()[1]).isEqualTo(1);
    }

    @Test
    void largerImagesAreRefused() {
        LabelledData images = data(2, 1, 2, 3, 4);
        assertThatThrownBy(() -> scaled(images, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("side 2");
    }

    @Test
    void pixelsBecomeIntensities() {
        LabelledData images = data(2, 0, 51, 255, 102);
        DataSet batch = LabelledBatches.range(images, new PixelEncoding(4), 0, 1);
        assertThat(batch.getFeatures().shape()).containsExactly(1, 4);
        assertThat(batch.getFeatures().toFloatVector()).containsExactly(0, 0.2f, 1, 0.4f);
        assertThat(batch.getLabels().argMax(1).getInt(0)).isEqualTo(3);
    }

    private static LabelledSplit scaled(LabelledData data, int side) {
        return Downscaling.of(new LabelledSplit("test", data, data), side);
    }

    /** One square image of class 3. */
    private static LabelledData data(int side, int... pixels) {
        byte[] values = new byte[side * side];
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) pixels[i];
        }
        return new LabelledData(values, side * side, new byte[] {3}, 5);
    }
}
