package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import io.github.dl4jkfac.testing.LogCapture;
import io.github.dl4jkfac.testing.Taps;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** A batch that holds NaN or infinity leaves no trace but a warning and a count. */
class NonFiniteBatchTest {

    private static final DataType TYPE = DataType.DOUBLE;

    /** What is wrong with a batch. */
    enum Fault {
        NAN_FEATURE {
            @Override
            void spoil(DataSet batch) {
                batch.getFeatures().putScalar(3, 2, Double.NaN);
            }
        },
        INFINITE_FEATURE {
            @Override
            void spoil(DataSet batch) {
                batch.getFeatures().putScalar(3, 2, Double.NEGATIVE_INFINITY);
            }
        },
        NAN_LABEL {
            @Override
            void spoil(DataSet batch) {
                batch.getLabels().putScalar(3, 1, Double.NaN);
            }
        };

        abstract void spoil(DataSet batch);

        DataSet batch() {
            DataSet batch = Fixtures.batch(TYPE, Fixtures.BATCH, 5);
            spoil(batch);
            return batch;
        }
    }

    static Stream<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            for (Fault fault : Fault.values()) {
                // the fourth step leaves the factors alone, the fifth would renew factors and inverses
                cases.add(Arguments.of(kind, fault, 3));
                cases.add(Arguments.of(kind, fault, 4));
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void nothingChanges(Kind kind, Fault fault, int goodSteps) {
        List<DataSet> batches = Fixtures.batches(TYPE, 9);
        Model model = kind.create(Fixtures.kfac().build(), TYPE);
        KFacListener listener = KFacListener.attach(model);
        double before = total(model, batches);
        Fixtures.fit(model, batches.subList(0, goodSteps));
        INDArray params = Fixtures.params(model);
        INDArray state = Fixtures.state(model);
        try (LogCapture log = new LogCapture()) {
            Fixtures.fit(model, fault.batch());
            assertThat(log.warnings()).hasSize(1);
            assertThat(log.warnings().get(0)).contains("iteration " + goodSteps).contains("not finite");
        }
        assertThat(listener.report(model).skippedBatches()).isEqualTo(1);
        assertThat(Fixtures.sameBits(model.params(), params)).as("parameters").isTrue();
        assertThat(Fixtures.sameBits(Fixtures.state(model), state))
                .as("momentum and factors")
                .isTrue();
        Taps.requireNone(model);

        Fixtures.fit(model, batches);
        assertThat(listener.report(model).skippedBatches()).isEqualTo(1);
        assertThat(total(model, batches)).isLessThan(before);
    }

    private static double total(Model model, List<DataSet> batches) {
        return batches.stream()
                .mapToDouble(batch -> Fixtures.score(model, batch))
                .sum();
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"SEQUENTIAL", "GRAPH"})
    void trainingGoesOnAsIfTheBatchHadNotBeenThere(Kind kind) {
        List<DataSet> batches = Fixtures.batches(TYPE, 9);
        Model clean = kind.create(Fixtures.kfac().build(), TYPE);
        KFacListener.attach(clean);
        Fixtures.fit(clean, batches);

        Model spoilt = kind.create(Fixtures.kfac().build(), TYPE);
        KFacListener.attach(spoilt);
        Fixtures.fit(spoilt, batches.subList(0, 4));
        Fixtures.fit(spoilt, Fault.NAN_FEATURE.batch());
        Fixtures.fit(spoilt, batches.subList(4, 9));
        Fixtures.assertSameTraining(spoilt, clean);
    }

    @Test
    void theFirstBatchesMayBeBad() {
        List<DataSet> batches = Fixtures.batches(TYPE, 9);
        MultiLayerNetwork clean = Fixtures.mlp(Fixtures.kfac().build(), TYPE);
        KFacListener.attach(clean);
        Fixtures.fit(clean, batches);
        MultiLayerNetwork spoilt = Fixtures.mlp(Fixtures.kfac().build(), TYPE);
        KFacListener listener = KFacListener.attach(spoilt);
        for (int i = 0; i < 3; i++) {
            spoilt.fit(Fault.NAN_FEATURE.batch());
        }
        assertThat(listener.report(spoilt).skippedBatches()).isEqualTo(3);
        Fixtures.fit(spoilt, batches);
        Fixtures.assertSameTraining(spoilt, clean);
    }

    @Test
    void weightDecayDoesNotMoveTheParametersEither() {
        NeuralNetConfiguration.Builder base =
                Fixtures.base(Fixtures.kfac().build(), TYPE).weightDecay(0.1);
        MultiLayerNetwork net = Fixtures.mlp(base);
        KFacListener.attach(net);
        Fixtures.fit(net, Fixtures.batches(TYPE, 3));
        INDArray params = Fixtures.params(net);
        net.fit(Fault.NAN_LABEL.batch());
        assertThat(Fixtures.sameBits(net.params(), params)).isTrue();
    }

    @Test
    void aBrokenDataSetDoesNotFloodTheLog() {
        MultiLayerNetwork net = Fixtures.mlp(Fixtures.kfac().build(), TYPE);
        KFacListener listener = KFacListener.attach(net);
        DataSet bad = Fault.NAN_FEATURE.batch();
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < 70; i++) {
                net.fit(bad);
            }
            assertThat(log.warnings()).hasSizeBetween(1, 12);
        }
        assertThat(listener.report(net).skippedBatches()).isEqualTo(70);
    }
}
