package io.github.dl4jkfac.capture;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.capture.layers.LayerCase;
import io.github.dl4jkfac.capture.layers.RecurrentCases.Kind;
import io.github.dl4jkfac.testing.RecordedGroup;
import io.github.dl4jkfac.testing.Recorder;
import io.github.dl4jkfac.testing.Recorder.Recorded;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What masks, segments and scaling do to the rows of recurrent layers, and that looking does not change training. */
class RecurrentSlotTest {

    private static final int SAMPLES = 3;
    private static final int FEATURES = 3;
    private static final int STEPS = 5;
    private static final int OUTPUTS = 2;

    private static final double[][] FRONT = {{0, 0, 1, 1, 1}, {1, 1, 1, 1, 1}, {0, 1, 1, 1, 1}};
    private static final double[][] BACK = {{1, 1, 1, 0, 0}, {1, 1, 1, 1, 1}, {1, 1, 0, 0, 0}};

    private static ListBuilder list(Layer recurrent, Layer output) {
        return settings(new Sgd(0.1)).list().layer(recurrent).layer(output);
    }

    private static MultiLayerNetwork started(MultiLayerConfiguration conf) {
        MultiLayerNetwork net = new MultiLayerNetwork(conf);
        net.init();
        TestNetworks.disturb(net);
        return net;
    }

    private static Layer stepOutput() {
        return new RnnOutputLayer.Builder(LossFunction.MSE)
                .nIn(4)
                .nOut(OUTPUTS)
                .dataFormat(RNNFormat.NCW)
                .activation(Activation.IDENTITY)
                .build();
    }

    private static MultiLayerNetwork ofLastStep(Kind kind) {
        return started(list(
                        new LastTimeStep(kind.layer(RNNFormat.NCW)),
                        new OutputLayer.Builder(LossFunction.MSE)
                                .nIn(4)
                                .nOut(OUTPUTS)
                                .activation(Activation.IDENTITY)
                                .build())
                .build());
    }

    private static MultiDataSet sequences(int steps, double[][] mask) {
        INDArray own = mask == null ? null : Nd4j.createFromArray(mask);
        return LayerCase.batch(normal(1, SAMPLES, FEATURES, steps), normal(2, SAMPLES, OUTPUTS, steps), null, own);
    }

    private static RecordedGroup first(Recorded recorded, String layer) {
        return recorded.groups().stream()
                .filter(group -> group.layer().equals(layer))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void stepsThatTheLayersMaskLeavesOutAreInNothing(Kind kind) {
        MultiDataSet batch = LayerCase.batch(
                normal(1, SAMPLES, FEATURES, STEPS), normal(2, SAMPLES, OUTPUTS), Nd4j.createFromArray(FRONT), null);
        RecordedGroup group = first(Recorder.record(ofLastStep(kind), batch), "0");
        assertThat(group.active()).isEqualTo(12);
        for (int n = 0; n < SAMPLES; n++) {
            for (int t = 0; t < STEPS; t++) {
                double largest = group.derivatives()
                        .getRow((long) n * STEPS + t)
                        .normmaxNumber()
                        .doubleValue();
                assertThat(largest > 0).as("step %s of sample %s", t, n).isEqualTo(FRONT[n][t] == 1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void stepsBehindTheLastLabelDoNotCount(Kind kind) {
        Model net = started(list(kind.layer(RNNFormat.NCW), stepOutput()).build());
        RecordedGroup group = first(Recorder.record(net, sequences(STEPS, BACK)), "0");
        assertThat(group.active()).isEqualTo(10);
    }

    /** DL4J computes with such padding: it is in the gradient, so it is in the rows. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void stepsBeforeTheFirstLabelCount(Kind kind) {
        Model net = started(list(kind.layer(RNNFormat.NCW), stepOutput()).build());
        RecordedGroup group = first(Recorder.record(net, sequences(STEPS, FRONT)), "0");
        assertThat(group.active()).isEqualTo(SAMPLES * STEPS);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void segmentsBeginWithoutAPast(Kind kind) {
        MultiLayerNetwork net = started(list(kind.layer(RNNFormat.NCW), stepOutput())
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(STEPS)
                .build());
        // the last of three segments is the one recorded; it has fewer steps
        Recorded recorded = Recorder.record(net, sequences(2 * STEPS + 3, null));
        for (RecordedGroup group : recorded.groups()) {
            assertThat(error(group.fromRows(), group.gradient()))
                    .as("%s", group)
                    .isLessThan(1e-10);
        }
        assertThat(first(recorded, "0").derivatives().size(0)).isEqualTo(3 * SAMPLES);
    }

    /** All groups of all layers are multiplied by the same number in the same sample. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void scalingActsOnWholeSamples(Kind kind) {
        MultiLayerNetwork net =
                started(list(kind.layer(RNNFormat.NCW), stepOutput()).build());
        MultiDataSet batch = sequences(STEPS, null);
        List<RecordedGroup> plain = Recorder.record(net, batch).groups();
        List<RecordedGroup> scaled = Recorder.record(net, batch, DerivativeSource.SCALED_TRUE_LABELS, 1, null)
                .groups();
        for (int n = 0; n < SAMPLES; n++) {
            double expected = norm(first(scaled, "1"), n) / norm(first(plain, "1"), n);
            assertThat(norm(first(scaled, "1"), n)).isCloseTo(1, org.assertj.core.data.Offset.offset(1e-12));
            for (int i = 0; i < plain.size(); i++) {
                RecordedGroup before = plain.get(i);
                RecordedGroup after = find(scaled, before.toString());
                assertThat(error(ofSample(after, n), ofSample(before, n).mul(expected)))
                        .as("sample %s of %s", n, before)
                        .isLessThan(1e-12);
            }
        }
    }

    private static RecordedGroup first(List<RecordedGroup> groups, String layer) {
        return groups.stream()
                .filter(group -> group.layer().equals(layer))
                .findFirst()
                .orElseThrow();
    }

    private static RecordedGroup find(List<RecordedGroup> groups, String name) {
        return groups.stream()
                .filter(group -> group.toString().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static INDArray ofSample(RecordedGroup group, int sample) {
        long positions = group.derivatives().size(0) / group.samples();
        return group.derivatives()
                .get(NDArrayIndex.interval(sample * positions, (sample + 1) * positions), NDArrayIndex.all());
    }

    private static double norm(RecordedGroup group, int sample) {
        return ofSample(group, sample).norm2Number().doubleValue();
    }

    /** Sigmoid gates are differentiated by another formula when they are looked at; all else is the same to the last bit. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void lookingDoesNotChangeTheGradient(Kind kind) {
        MultiLayerNetwork net =
                started(list(kind.layer(RNNFormat.NCW), stepOutput()).build());
        MultiDataSet batch = sequences(STEPS, BACK);
        INDArray unseen = gradient(net, batch, false);
        INDArray seen = gradient(net, batch, true);
        assertThat(error(seen, unseen)).isLessThanOrEqualTo(kind == Kind.SIMPLE ? 0 : 1e-15);
    }

    private static INDArray gradient(MultiLayerNetwork net, MultiDataSet batch, boolean recording) {
        INDArray before = net.params().dup();
        BatchCapture capture = new BatchCapture(NetworkView.of(net));
        INDArray[] gradient = new INDArray[1];
        net.setListeners(new BaseTrainingListener() {
            @Override
            public void onForwardPass(Model model, List<INDArray> activations) {
                if (recording) {
                    capture.arm(DerivativeSource.TRUE_LABELS, 1);
                }
            }

            @Override
            public void onBackwardPass(Model model) {
                gradient[0] = net.getFlattenedGradients().detach().dup();
                capture.disarm();
            }
        });
        TestNetworks.fit(net, batch);
        net.setListeners();
        net.setParams(before);
        return gradient[0];
    }
}
