package io.github.dl4jkfac.examples.optimizers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.models.TanhNetwork;
import java.util.List;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Muon's step, and which parameters take it. */
class MuonTest {

    private static MultiLayerNetwork network() {
        OptimizerSettings settings = OptimizerSettings.DEFAULTS.with(Setting.LEARNING_RATE, 0.1);
        MultiLayerNetwork network = TanhNetwork.create(
                List.of(5, 7, 3),
                0,
                new OutputLayer.Builder(LossFunction.MSE).activation(Activation.IDENTITY),
                Optimizer.MUON.updater(settings, 1),
                1);
        Optimizer.MUON.prepare(network);
        return network;
    }

    private static DataSet batch() {
        Nd4j.getRandom().setSeed(1);
        return new DataSet(Nd4j.randn(DataType.FLOAT, 20, 5), Nd4j.randn(DataType.FLOAT, 20, 3));
    }

    /** The singular values of X are the roots of the eigenvalues of X X^T: all near one if X X^T is near the identity. */
    @Test
    void updatesAreNearlyOrthogonal() {
        Nd4j.getRandom().setSeed(1);
        for (long[] shape : new long[][] {{4, 9}, {9, 4}, {6, 6}}) {
            INDArray matrix = Nd4j.randn(DataType.DOUBLE, shape);
            INDArray x = MuonWorker.orthogonal(matrix);
            INDArray gram =
                    shape[0] <= shape[1] ? x.mmul(x.transpose()) : x.transpose().mmul(x);
            long side = Math.min(shape[0], shape[1]);
            double distance = gram.sub(Nd4j.eye(side).castTo(DataType.DOUBLE))
                    .norm2Number()
                    .doubleValue();
            assertThat(distance / Math.sqrt(side)).isLessThan(0.5);
            assertThat(x.mul(matrix).sumNumber().doubleValue()).isPositive();
        }
    }

    @Test
    void weightsMoveByAnOrthogonalMatrixAndBiasesByAdam() {
        MultiLayerNetwork network = network();
        INDArray before = network.getParam("0_W").dup();
        INDArray bias = network.getParam("0_b").dup();
        DataSet batch = batch();
        network.setInput(batch.getFeatures());
        network.setLabels(batch.getLabels());
        network.computeGradientAndScore();
        INDArray gradient = network.gradient().getGradientFor("0_W").dup();
        network.fit(batch);
        INDArray step = before.sub(network.getParam("0_W"));
        INDArray expected = MuonWorker.orthogonal(gradient).muli(0.1 * Math.sqrt(7.0 / 5));
        assertThat(step.sub(expected).norm2Number().doubleValue())
                .isLessThan(1e-4 * expected.norm2Number().doubleValue());
        // Adam's first step is its rate
        assertThat(bias.sub(network.getParam("0_b")).amaxNumber().doubleValue()).isBetween(0.9e-3, 1.1e-3);
    }

    @Test
    void itTrains() {
        MultiLayerNetwork network = network();
        DataSet batch = batch();
        double before = network.score(batch);
        for (int i = 0; i < 30; i++) {
            network.fit(batch);
        }
        assertThat(network.score(batch)).isLessThan(0.5 * before);
    }

    @Test
    void theConfigurationSurvivesAFile() {
        MultiLayerConfiguration conf = network().getLayerWiseConfigurations();
        assertThat(MultiLayerConfiguration.fromJson(conf.toJson())).isEqualTo(conf);
    }

    @Test
    void convolutionsMoveByAnOrthogonalMatrixOfTheirOutputs() {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(1)
                .updater(Optimizer.MUON.updater(OptimizerSettings.DEFAULTS.with(Setting.LEARNING_RATE, 0.1), 1))
                .list()
                .layer(new ConvolutionLayer.Builder(2, 2).nOut(4).build())
                .layer(new BatchNormalization())
                .layer(new OutputLayer.Builder(LossFunction.MSE)
                        .activation(Activation.IDENTITY)
                        .nOut(2)
                        .build())
                .setInputType(InputType.convolutional(4, 4, 3))
                .build());
        network.init();
        Optimizer.MUON.prepare(network);
        Nd4j.getRandom().setSeed(1);
        INDArray before = network.getParam("0_W").dup();
        INDArray gamma = network.getParam("1_gamma").dup();
        network.fit(new DataSet(Nd4j.randn(DataType.FLOAT, 8, 3, 4, 4), Nd4j.randn(DataType.FLOAT, 8, 2)));
        INDArray step = before.sub(network.getParam("0_W")).reshape('c', 4, 12);
        INDArray gram = step.mmul(step.transpose()).divi(0.1 * 0.1);
        assertThat(gram.sub(Nd4j.eye(4).castTo(DataType.FLOAT)).norm2Number().doubleValue())
                .isLessThan(1);
        assertThat(gamma.sub(network.getParam("1_gamma")).amaxNumber().doubleValue())
                .isBetween(0.9e-3, 1.1e-3);
    }

    @Test
    void layersWithSeveralMatricesAreRefused() {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .updater(Optimizer.MUON.updater(OptimizerSettings.DEFAULTS, 1))
                .list()
                .layer(new LSTM.Builder().nOut(3).build())
                .layer(new RnnOutputLayer.Builder(LossFunction.MSE).nOut(2).build())
                .setInputType(InputType.recurrent(4, 5))
                .build());
        network.init();
        assertThatThrownBy(() -> Optimizer.MUON.prepare(network))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("LSTM");
    }
}
