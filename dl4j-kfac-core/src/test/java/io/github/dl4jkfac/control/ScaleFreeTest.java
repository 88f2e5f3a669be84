package io.github.dl4jkfac.control;

import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
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
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The progress of automatic steps does not depend on the units of losses, inputs and gradients. */
@Tag("training")
class ScaleFreeTest {

    private static final int SAMPLES = 60;
    private static final int OUTPUTS = 3;
    private static final int STEPS = 40;

    /** Smooth functions of three numbers. */
    private static DataSet batch() {
        INDArray x = normal(1, SAMPLES, 3);
        return new DataSet(x, Transforms.sin(x.mmul(normal(2, 3, OUTPUTS)), true));
    }

    private static MultiLayerNetwork network(NeuralNetConfiguration.Builder settings, ILossFunction loss) {
        MultiLayerNetwork network = sequence(
                settings,
                dense(3, 10, Activation.TANH).build(),
                dense(10, 10, Activation.TANH).build(),
                output(10, OUTPUTS, Activation.IDENTITY, loss).build());
        KFacListener.attach(network);
        return network;
    }

    private static NeuralNetConfiguration.Builder automatic() {
        return settings(KFac.builder().automatic().build());
    }

    /** The loss at the end, in units of that at the beginning. */
    private static double left(MultiLayerNetwork network, DataSet batch) {
        double before = network.score(batch);
        for (int i = 0; i < STEPS; i++) {
            network.fit(batch);
        }
        return network.score(batch) / before;
    }

    private static LossMSE weighted(double weight) {
        return new LossMSE(Nd4j.valueArrayOf(new long[] {1, OUTPUTS}, weight, DataType.DOUBLE));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-4, 1e4})
    void weightsOfTheLossDoNotMatter(double weight) {
        double usual = left(network(automatic(), weighted(1)), batch());
        assertThat(usual).isLessThan(0.05);
        assertThat(left(network(automatic(), weighted(weight)), batch())).isBetween(usual / 3, 3 * usual);
    }

    @Test
    void summedAndAveragedOutputsDoAsWell() {
        double averaged = left(network(automatic(), new LossMSE()), batch());
        assertThat(left(network(automatic(), new LossL2()), batch())).isBetween(averaged / 3, averaged * 3);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-3, 1e3})
    void unitsOfTheInputsDoNotMatter(double unit) {
        DataSet batch = batch();
        MultiLayerNetwork usual = network(automatic(), new LossMSE());
        MultiLayerNetwork scaled = network(automatic(), new LossMSE());
        scaled.getParam("0_W").divi(unit); // the same function of the scaled inputs
        double expected = left(usual, batch);
        DataSet other = new DataSet(batch.getFeatures().mul(unit), batch.getLabels());
        assertThat(left(scaled, other)).isLessThan(3 * expected);
    }

    /** Where all entries are clipped, nothing but their signs is left to go by. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-4, 1e-2, 1})
    void clippingGradientsElementByElementDoesNoHarm(double threshold) {
        NeuralNetConfiguration.Builder clipped = automatic()
                .gradientNormalization(GradientNormalization.ClipElementWiseAbsoluteValue)
                .gradientNormalizationThreshold(threshold);
        assertThat(left(network(clipped, new LossMSE()), batch())).isLessThan(threshold < 1e-3 ? 0.95 : 0.5);
    }

    /** As weights of classes do it. */
    @Test
    void weightsOfClassesDoNoHarm() {
        INDArray x = normal(1, SAMPLES, 3);
        INDArray y = Nd4j.zeros(DataType.DOUBLE, SAMPLES, OUTPUTS);
        for (int n = 0; n < SAMPLES; n++) {
            y.putScalar(n, x.getDouble(n, 0) > 0.5 ? 0 : x.getDouble(n, 1) > 0 ? 1 : 2, 1);
        }
        INDArray weights = Nd4j.createFromArray(1e4, 1, 1e-2).reshape(1, OUTPUTS);
        MultiLayerNetwork network = sequence(
                automatic(),
                dense(3, 10, Activation.TANH).build(),
                output(10, OUTPUTS, Activation.SOFTMAX, new LossMCXENT(weights)).build());
        KFacListener.attach(network);
        assertThat(left(network, new DataSet(x, y))).isLessThan(0.05);
    }
}
