package io.github.dl4jkfac.examples.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.diagnostics.FisherProducts;
import io.github.dl4jkfac.examples.models.Models;
import io.github.dl4jkfac.examples.models.TanhClassifier;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

class FisherBlocksTest {

    private static final List<Integer> LAYERS = List.of(5, 4, 3, 4, 3);

    private final MultiLayerNetwork network =
            (MultiLayerNetwork) Models.inDoublePrecision(new TanhClassifier(LAYERS).network(new Sgd(1), 7));

    @Test
    void theExactMatrixIsThatOfTheLibrarysProducts() {
        INDArray inputs = inputs(11);
        FisherBlocks blocks = FisherBlocks.of(network, 1, 2, inputs);
        assertThat(blocks.layers()).containsExactly(1, 2);
        assertThat(blocks.sizes()).containsExactly(15, 16);

        INDArray labels = Nd4j.zeros(DataType.DOUBLE, 11, 3);
        labels.getColumn(0).addi(1);
        FisherProducts products = FisherProducts.of(network, new DataSet(inputs, labels));
        int[] places = places();
        double[][] exact = blocks.exact();
        for (int column = 0; column < places.length; column++) {
            INDArray unit = Nd4j.zeros(DataType.DOUBLE, 1, network.numParams());
            unit.putScalar(0, places[column], 1);
            INDArray product = products.multiply(unit);
            for (int row = 0; row < places.length; row++) {
                assertThat(exact[row][column]).isCloseTo(product.getDouble(0, places[row]), within(1e-8));
            }
        }
    }

    @Test
    void forOneSampleTheApproximationIsExact() {
        assertThat(largestDifference(FisherBlocks.of(network, 0, 3, inputs(1)))).isLessThan(1e-14);
    }

    @Test
    void forSeveralSamplesItIsNot() {
        assertThat(largestDifference(FisherBlocks.of(network, 0, 3, inputs(20))))
                .isGreaterThan(1e-4);
    }

    @Test
    void whatIsLongerThanAChunkIsAddedUp() {
        INDArray inputs = inputs(130);
        FisherBlocks once = FisherBlocks.of(network, 1, 2, inputs);
        FisherBlocks thrice = FisherBlocks.of(network, 1, 2, Nd4j.vstack(inputs, inputs, inputs));
        for (int i = 0; i < once.exact().length; i++) {
            assertThat(thrice.exact()[i]).containsExactly(once.exact()[i], within(1e-14));
            assertThat(thrice.kronecker()[i]).containsExactly(once.kronecker()[i], within(1e-14));
        }
    }

    private static double largestDifference(FisherBlocks blocks) {
        INDArray exact = Nd4j.create(blocks.exact());
        return exact.sub(Nd4j.create(blocks.kronecker())).amaxNumber().doubleValue();
    }

    private static INDArray inputs(int count) {
        return Nd4j.randn(DataType.DOUBLE, new long[] {count, 5});
    }

    /** Where DL4J keeps the parameters of layers 1 and 2, by layer, input (the bias last) and output. */
    private static int[] places() {
        int[] places = new int[15 + 16];
        int next = 0;
        int start = 5 * 4 + 4;
        for (int layer = 1; layer <= 2; layer++) {
            int in = LAYERS.get(layer);
            int out = LAYERS.get(layer + 1);
            for (int i = 0; i <= in; i++) {
                for (int o = 0; o < out; o++) {
                    places[next++] = start + (i < in ? o * in + i : in * out + o);
                }
            }
            start += in * out + out;
        }
        return places;
    }
}
