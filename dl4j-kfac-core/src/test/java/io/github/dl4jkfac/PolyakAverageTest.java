package io.github.dl4jkfac;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.checkpoint.Checkpoints;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/** The average of a network's parameters, with our updaters and others. */
class PolyakAverageTest {

    private static final int STEPS = 9;

    @TempDir
    File folder;

    static Stream<Arguments> networks() {
        return Stream.of(Kind.SEQUENTIAL, Kind.GRAPH, Kind.SPLIT_BLOCKS)
                .flatMap(kind -> Stream.of(Fixtures.kfac().build(), new Adam(0.01), new Sgd(0.1))
                        .flatMap(updater -> Stream.of(DataType.FLOAT, DataType.DOUBLE)
                                .map(type -> Arguments.of(kind, updater, type))));
    }

    private static Model network(Kind kind, IUpdater updater, DataType type) {
        Model model = kind.create(updater, type);
        if (updater instanceof KFac) {
            KFacListener.attach(model);
        }
        return model;
    }

    @ParameterizedTest
    @MethodSource("networks")
    void itIsTheWeightedMeanOfTheParametersAfterEachStep(Kind kind, IUpdater updater, DataType type) {
        Model model = network(kind, updater, type);
        PolyakAverage average = PolyakAverage.attach(model, 0.75);
        INDArray expected = null;
        int k = 0;
        for (DataSet batch : Fixtures.batches(type, STEPS)) {
            Fixtures.fit(model, batch);
            double share = Math.max(0.25, 1.0 / ++k);
            INDArray now = model.params().castTo(DataType.DOUBLE).dup();
            expected = expected == null ? now : expected.mul(1 - share).addi(now.muli(share));
        }
        assertThat(average.steps()).isEqualTo(STEPS);
        assertThat(error(average.parameters().castTo(DataType.DOUBLE), expected))
                .isLessThan(type == DataType.FLOAT ? 1e-6 : 1e-14);
    }

    @ParameterizedTest
    @MethodSource("networks")
    void trainingDoesNotNotice(Kind kind, IUpdater updater, DataType type) {
        Model plain = network(kind, updater, type);
        Model averaged = network(kind, updater, type);
        PolyakAverage average = PolyakAverage.attach(averaged);
        for (DataSet batch : Fixtures.batches(type, STEPS)) {
            Fixtures.fit(plain, batch);
            Fixtures.fit(averaged, batch);
            INDArray before = averaged.params().dup();
            try (PolyakAverage.Swap swap = average.swapIn()) {
                assertThat(Fixtures.sameBits(averaged.params(), average.parameters()))
                        .isTrue();
                swap.close();
            }
            assertThat(Fixtures.sameBits(averaged.params(), before)).isTrue();
        }
        Fixtures.assertSameTraining(averaged, plain);
    }

    @ParameterizedTest
    @MethodSource("networks")
    void checkpointsSaveItWithTheNetwork(Kind kind, IUpdater updater, DataType type) throws Exception {
        List<DataSet> batches = Fixtures.batches(type, STEPS);
        Model whole = network(kind, updater, type);
        Path file = folder.toPath().resolve("net.zip");
        // saved in the midst of a step, before the average has been told of it
        whole.addListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                if (iteration == 4) {
                    save(model, file);
                }
            }
        });
        PolyakAverage average = PolyakAverage.attach(whole, 0.8);
        Fixtures.fit(whole, batches);
        Model resumed = Checkpoints.resume(file, Model.class);
        PolyakAverage again = PolyakAverage.of(resumed);
        assertThat(again.decay()).isEqualTo(0.8);
        assertThat(again.steps()).isEqualTo(5);
        Fixtures.fit(resumed, batches.subList(5, STEPS));
        assertThat(Fixtures.sameBits(again.parameters(), average.parameters())).isTrue();
        assertThat(again.steps()).isEqualTo(average.steps());
    }

    private static void save(Model model, Path file) {
        try {
            Checkpoints.save(model, file);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aStepThatIsNotFiniteStaysOut() {
        MultiLayerNetwork net = Fixtures.mlp(new Sgd(0.1), DataType.FLOAT);
        PolyakAverage average = PolyakAverage.attach(net);
        DataSet batch = Fixtures.batch(DataType.FLOAT, 12, 1);
        net.fit(batch);
        INDArray before = average.parameters();
        net.fit(new DataSet(batch.getFeatures().like().assign(Double.NaN), batch.getLabels()));
        assertThat(average.steps()).isEqualTo(1);
        assertThat(Fixtures.sameBits(average.parameters(), before)).isTrue();
    }

    @Test
    void wrongUseIsRefused() {
        MultiLayerNetwork net = Fixtures.mlp(new Sgd(0.1), DataType.FLOAT);
        assertThatThrownBy(() -> PolyakAverage.attach(net, 1)).hasMessageContaining("decay");
        assertThatThrownBy(() -> PolyakAverage.attach(net, 0.9, 3, Nd4j.zeros(5)))
                .hasMessageContaining("5 numbers");
        PolyakAverage average = PolyakAverage.attach(net);
        assertThat(PolyakAverage.of(net)).isSameAs(average);
        assertThatThrownBy(() -> PolyakAverage.attach(net)).hasMessageContaining("already");
        assertThatThrownBy(average::swapIn).hasMessageContaining("before the first step");
        DataSet batch = Fixtures.batch(DataType.FLOAT, 12, 1);
        net.fit(batch);
        try (PolyakAverage.Swap swap = average.swapIn()) {
            assertThatThrownBy(average::swapIn).hasMessageContaining("in the network already");
            assertThatThrownBy(() -> net.fit(batch)).hasMessageContaining("averaged parameters");
        }
        net.fit(batch);
        assertThat(average.steps()).isEqualTo(2);
    }
}
