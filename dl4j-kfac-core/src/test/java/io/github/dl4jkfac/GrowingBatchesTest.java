package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.testing.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;

/** The sizes of batches that grow, and the samples in them. */
class GrowingBatchesTest {

    private static ListDataSetIterator<DataSet> source(int samples, int batch) {
        return new ListDataSetIterator<>(
                Fixtures.batch(DataType.FLOAT, samples, 1).asList(), batch);
    }

    private static List<Integer> sizes(GrowingBatches batches, int epochs) {
        List<Integer> sizes = new ArrayList<>();
        for (int epoch = 0; epoch < epochs; epoch++) {
            batches.reset();
            while (batches.hasNext()) {
                sizes.add(batches.next().numExamples());
            }
        }
        return sizes;
    }

    /** m_k = 2 exp((k - 1) / b) with b such that m_5 = 32: factors of 2. */
    @Test
    void theyGrowExponentiallyOverAllEpochs() {
        assertThat(sizes(new GrowingBatches(source(20, 1), 2, 32, 5), 4)).containsExactly(2, 4, 8, 6, 20, 20, 20);
        assertThat(sizes(new GrowingBatches(source(70, 1), 2, 32, 5), 2))
                .containsExactly(2, 4, 8, 16, 32, 8, 32, 32, 6);
    }

    @Test
    void theyAreMadeOfWholeBatchesOfTheSource() {
        assertThat(sizes(new GrowingBatches(source(40, 4), 2, 32, 5), 1)).containsExactly(4, 4, 8, 16, 8);
    }

    @Test
    void anEpochHasEverySampleOnce() {
        GrowingBatches batches = new GrowingBatches(source(30, 1), 1, 16, 5);
        List<DataSet> all = new ArrayList<>();
        while (batches.hasNext()) {
            all.add(batches.next());
        }
        assertThat(DataSet.merge(all).getFeatures())
                .isEqualTo(Fixtures.batch(DataType.FLOAT, 30, 1).getFeatures());
        assertThatThrownBy(batches::next).isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void theyGoOnAfterAResume() {
        GrowingBatches whole = new GrowingBatches(source(70, 1), 2, 32, 5);
        whole.next();
        whole.next();
        assertThat(new GrowingBatches(source(70, 1), 2, 32, 5).after(2).batch()).isEqualTo(whole.batch());
        assertThat(new GrowingBatches(source(70, 1), 2, 32, 5).after(1000).batch())
                .isEqualTo(32);
        assertThat(new GrowingBatches(source(70, 1), 2, 32, 1).batch()).isEqualTo(32);
    }

    @Test
    void networksFitThem() {
        MultiLayerNetwork net = Fixtures.mlp(Fixtures.kfac().build(), DataType.FLOAT);
        KFacListener.attach(net);
        net.fit(new GrowingBatches(source(40, 2), 4, 16, 4), 2);
        assertThat(net.getIterationCount()).isEqualTo(8);
    }

    @Test
    void sizesThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> new GrowingBatches(source(4, 1), 0, 3, 2)).hasMessageContaining("first");
        assertThatThrownBy(() -> new GrowingBatches(source(4, 1), 4, 3, 2)).hasMessageContaining("most");
        assertThatThrownBy(() -> new GrowingBatches(source(4, 1), 4, 8, 0)).hasMessageContaining("steps");
        assertThatThrownBy(() -> new GrowingBatches(source(4, 1), 4, 8, 2).after(-1))
                .hasMessageContaining("batches");
    }
}
