package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Taps;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;

/** A step that breaks off within a pass, or between two pieces of a sequence, leaves no trace in the steps to come. */
class InterruptedPassTest {

    private static final DataType TYPE = DataType.DOUBLE;

    /** A user's activation whose derivative fails once when the countdown is over. */
    public static final class Fragile extends ActivationTanH {

        private static int left = Integer.MAX_VALUE;
        private static int calls;

        @Override
        public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
            calls++;
            if (--left == 0) {
                throw new UnsupportedOperationException("thrown by an activation");
            }
            return super.backprop(in, epsilon);
        }
    }

    @BeforeEach
    void disarm() {
        Fragile.left = Integer.MAX_VALUE;
    }

    private static DenseLayer fragile(int inputs, int outputs) {
        return new DenseLayer.Builder()
                .nIn(inputs)
                .nOut(outputs)
                .activation(new Fragile())
                .build();
    }

    private static MultiLayerNetwork sequence(IUpdater updater) {
        return Fixtures.started(Fixtures.base(updater, TYPE)
                .list()
                .layer(fragile(Fixtures.FEATURES, 5))
                .layer(fragile(5, 4))
                .layer(Fixtures.output(4))
                .build());
    }

    private static ComputationGraph graph(IUpdater updater) {
        ComputationGraph graph = new ComputationGraph(Fixtures.base(updater, TYPE)
                .graphBuilder()
                .addInputs("in")
                .addLayer("first", fragile(Fixtures.FEATURES, 5), "in")
                .addLayer("second", fragile(5, 4), "first")
                .addLayer("out", Fixtures.output(4), "second")
                .setOutputs("out")
                .build());
        graph.init();
        return graph;
    }

    private static KFac updater() {
        return Fixtures.kfac().curvature(Curvature.SAMPLED_FISHER).build();
    }

    /** DL4J's pass asks each of two layers for its derivative, the second pass asks again. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void aPassThatBreaksOffIsForgotten(int call) {
        for (Model model : List.of(sequence(updater()), graph(updater()))) {
            List<DataSet> batches = Fixtures.batches(TYPE, 7);
            KFacListener.attach(model);
            Fixtures.fit(model, batches.subList(0, 4)); // the fifth step takes in statistics
            Fragile.left = call;
            assertThatThrownBy(() -> Fixtures.fit(model, batches.get(6)))
                    .isInstanceOf(UnsupportedOperationException.class);
            // DL4J tells nobody of the exception, so a copy may be made before this library hears of it
            Model reference = Fixtures.copy(model);
            assertThat(Fixtures.json(model)).doesNotContain("dl4jkfac.capture");
            INDArray parameters = Fixtures.params(model);
            INDArray state = Fixtures.state(model);
            StepEndTest.gradientOnly(model, batches.get(6));
            Taps.requireNone(model);
            assertThat(Fixtures.sameBits(Fixtures.state(model), state)).isTrue();
            KFacListener.attach(reference);
            Fixtures.fit(reference, batches.subList(4, 6));
            Fixtures.fit(model, batches.subList(4, 6));
            assertThat(Fixtures.sameBits(model.params(), parameters)).isFalse();
            Fixtures.assertSameTraining(model, reference);
            Taps.requireNone(model);
        }
    }

    /** The premise of the test above. */
    @Test
    void aStepWithStatisticsTakesTwoPasses() {
        MultiLayerNetwork net = sequence(updater());
        KFacListener.attach(net);
        Fragile.calls = 0;
        net.fit(Fixtures.batch(TYPE, Fixtures.BATCH, 1));
        assertThat(Fragile.calls).isEqualTo(4);
    }

    /** Nine time steps are three steps of training; a listener throws in the first, the second or the third of them. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aSequenceThatBreaksOffIsForgotten(int piece) {
        MultiLayerNetwork net = truncated();
        Countdown countdown = new Countdown();
        net.setListeners(countdown);
        KFacListener.attach(net);
        net.fit(sequences(1));
        countdown.left = piece;
        assertThatThrownBy(() -> net.fit(sequences(2))).isInstanceOf(UnsupportedOperationException.class);
        Taps.requireNone(net);
        INDArray parameters = Fixtures.params(net);
        net.rnnClearPreviousState();
        MultiLayerNetwork reference = net.clone();
        KFacListener.attach(reference);
        reference.fit(sequences(3));
        net.fit(sequences(3));
        assertThat(Fixtures.sameBits(net.params(), parameters)).isFalse();
        Fixtures.assertSameTraining(net, reference);
    }

    private static final class Countdown extends BaseTrainingListener {

        private int left = Integer.MAX_VALUE;

        @Override
        public void onGradientCalculation(Model model) {
            if (--left == 0) {
                throw new UnsupportedOperationException("thrown by a listener");
            }
        }
    }

    private static MultiLayerNetwork truncated() {
        return Fixtures.started(Fixtures.base(updater(), TYPE)
                .list()
                .layer(new LSTM.Builder().nIn(Fixtures.FEATURES).nOut(4).build())
                .layer(new RnnOutputLayer.Builder()
                        .nIn(4)
                        .nOut(Fixtures.CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(3)
                .build());
    }

    private static DataSet sequences(long seed) {
        INDArray x = Nd4j.zeros(TYPE, 5, Fixtures.FEATURES, 9);
        INDArray y = Nd4j.zeros(TYPE, 5, Fixtures.CLASSES, 9);
        for (int t = 0; t < 9; t++) {
            DataSet step = Fixtures.batch(TYPE, 5, 10 * seed + t);
            x.tensorAlongDimension(t, 0, 1).assign(step.getFeatures());
            y.tensorAlongDimension(t, 0, 1).assign(step.getLabels());
        }
        return new DataSet(x, y);
    }

    /** Each network needs its own listener; that others have one does not help. */
    @Test
    void oneOfSeveralNetworksWithoutTheListenerIsNamedAndLeavesTheOthersAlone() {
        MultiLayerNetwork first = sequence(updater());
        MultiLayerNetwork second = sequence(updater());
        ComputationGraph third = graph(updater());
        KFacListener.attach(first);
        KFacListener.attach(third);
        List<DataSet> batches = Fixtures.batches(TYPE, 6);
        for (DataSet batch : batches) {
            first.fit(batch);
            INDArray parameters = second.params().dup();
            assertThatThrownBy(() -> second.fit(batch))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("before fit(): KFacListener.attach(net);");
            assertThat(Fixtures.sameBits(second.params(), parameters)).isTrue();
            third.fit(batch);
        }
        MultiLayerNetwork alone = sequence(updater());
        KFacListener.attach(alone);
        Fixtures.fit(alone, batches);
        Fixtures.assertSameTraining(first, alone);
        KFacListener.attach(second);
        Fixtures.fit(second, batches);
        assertThat(Fixtures.distance(second.params(), first.params())).isLessThan(1e-12);
    }
}
