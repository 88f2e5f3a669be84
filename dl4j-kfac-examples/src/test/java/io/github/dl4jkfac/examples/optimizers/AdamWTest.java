package io.github.dl4jkfac.examples.optimizers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.examples.models.TanhNetwork;
import java.util.List;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Decoupled weight decay. */
class AdamWTest {

    private static DataSet batch() {
        Nd4j.getRandom().setSeed(1);
        return new DataSet(Nd4j.randn(DataType.FLOAT, 20, 5), Nd4j.randn(DataType.FLOAT, 20, 3));
    }

    /** A weight shrinks by rate times coefficient beside Adam's step. */
    @Test
    void adamWDecaysWeightsByItsRate() {
        OptimizerSettings settings =
                OptimizerSettings.DEFAULTS.with(Setting.LEARNING_RATE, 0.1).with(Setting.WEIGHT_DECAY, 0.5);
        INDArray[] after = new INDArray[2];
        INDArray before = null;
        for (Optimizer optimizer : List.of(Optimizer.ADAM, Optimizer.ADAMW)) {
            MultiLayerNetwork network = TanhNetwork.create(
                    List.of(5, 7, 3),
                    0,
                    new OutputLayer.Builder(LossFunction.MSE).activation(Activation.IDENTITY),
                    optimizer.updater(settings.only(optimizer.settings()), 1),
                    1);
            optimizer.prepare(network);
            before = network.getParam("0_W").dup();
            network.fit(batch());
            after[optimizer == Optimizer.ADAM ? 0 : 1] = network.getParam("0_W").dup();
            String json = network.getLayerWiseConfigurations().toJson();
            assertThat(MultiLayerConfiguration.fromJson(json)).isEqualTo(network.getLayerWiseConfigurations());
        }
        INDArray expected = after[0].sub(before.mul(0.05));
        assertThat(after[1].sub(expected).norm2Number().doubleValue()).isLessThan(1e-5);
    }
}
