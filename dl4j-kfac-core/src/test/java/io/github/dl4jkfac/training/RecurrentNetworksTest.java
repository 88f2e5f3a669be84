package io.github.dl4jkfac.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.session.Sessions;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.LogCapture;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Networks over time: what has a block gets it, all else is served by the fallback updater. */
@Tag("training")
class RecurrentNetworksTest {

    private static final DataType TYPE = DataType.DOUBLE;
    private static final int SAMPLES = 4;
    private static final int STEPS = 8;

    private static RnnOutputLayer output() {
        return new RnnOutputLayer.Builder(LossFunction.MCXENT)
                .nOut(Fixtures.CLASSES)
                .activation(Activation.SOFTMAX)
                .build();
    }

    private static MultiLayerNetwork timeDistributed(Curvature curvature, boolean truncated) {
        ListBuilder list = Fixtures.base(
                        Fixtures.kfac()
                                .curvature(curvature)
                                .statisticsInterval(1)
                                .build(),
                        TYPE)
                .list()
                .layer(new DenseLayer.Builder().nOut(5).build())
                .layer(output())
                .setInputType(InputType.recurrent(Fixtures.FEATURES, STEPS));
        if (truncated) {
            list.backpropType(BackpropType.TruncatedBPTT).tBPTTLength(4);
        }
        return Fixtures.started(list.build());
    }

    private static DataSet sequences() {
        DataSet flat = Fixtures.batch(TYPE, SAMPLES * STEPS, 8);
        return new DataSet(
                flat.getFeatures()
                        .reshape('c', SAMPLES, STEPS, Fixtures.FEATURES)
                        .permute(0, 2, 1)
                        .dup('f'),
                flat.getLabels()
                        .reshape('c', SAMPLES, STEPS, Fixtures.CLASSES)
                        .permute(0, 2, 1)
                        .dup('f'));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void denseLayersOverTimeTrain(boolean truncated) {
        MultiLayerNetwork net = timeDistributed(Curvature.EMPIRICAL_FISHER, truncated);
        KFacListener listener = KFacListener.attach(net);
        DataSet data = sequences();
        double before = net.score(data);
        for (int i = 0; i < 20; i++) {
            net.fit(data);
        }
        assertThat(net.score(data)).isLessThan(before);
        assertThat(listener.report(net).steps()).isEqualTo(truncated ? 40 : 20);
        assertThat(Sessions.find(net).blocks()).hasSize(2);
    }

    @Test
    void allTimeStepsEnterTheFactor() {
        MultiLayerNetwork net = timeDistributed(Curvature.EMPIRICAL_FISHER, false);
        KFacListener.attach(net);
        net.fit(sequences());
        INDArray rows = Fixtures.batch(TYPE, SAMPLES * STEPS, 8).getFeatures();
        INDArray expected = rows.transpose().mmul(rows).divi(SAMPLES * STEPS);
        INDArray factor = Fixtures.block(net, "0").state().get("A");
        for (int i = 0; i < Fixtures.FEATURES; i++) {
            for (int j = 0; j <= i; j++) {
                assertThat(factor.getDouble(i, j))
                        .isCloseTo(expected.getDouble(i, j), org.assertj.core.data.Offset.offset(1e-12));
            }
        }
    }

    @Test
    void masksOverTimeAreSurvived() {
        MultiLayerNetwork net = timeDistributed(Curvature.EMPIRICAL_FISHER, false);
        KFacListener.attach(net);
        DataSet data = sequences();
        INDArray mask = Nd4j.ones(TYPE, SAMPLES, STEPS);
        for (int t = 5; t < STEPS; t++) {
            mask.putScalar(0, t, 0);
        }
        data.setFeaturesMaskArray(mask);
        data.setLabelsMaskArray(mask);
        double before = net.score(data);
        for (int i = 0; i < 10; i++) {
            net.fit(data);
        }
        assertThat(net.score(data)).isLessThan(before);
    }

    @Test
    void aNetworkWithoutAnyBlockTrainsWithTheFallbackAndSaysSo() {
        MultiLayerNetwork net = Fixtures.started(Fixtures.base(new KFac(), TYPE)
                .list()
                .layer(new GravesBidirectionalLSTM.Builder().nOut(5).build())
                .layer(new GravesBidirectionalLSTM.Builder()
                        .nOut(Fixtures.CLASSES)
                        .build())
                .layer(new RnnLossLayer.Builder(LossFunctions.LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.recurrent(Fixtures.FEATURES, STEPS))
                .build());
        try (LogCapture log = new LogCapture()) {
            KFacListener.attach(net);
            assertThat(log.infos()).hasSize(1);
            assertThat(log.infos().get(0))
                    .contains("fallback")
                    .contains("GravesBidirectionalLSTM")
                    .doesNotContain("Kronecker");
        }
        DataSet data = sequences();
        double before = net.score(data);
        for (int i = 0; i < 10; i++) {
            net.fit(data);
        }
        assertThat(net.score(data)).isLessThan(before);
        net.setLearningRate(0, 0.01);
        net.fit(data);
    }
}
