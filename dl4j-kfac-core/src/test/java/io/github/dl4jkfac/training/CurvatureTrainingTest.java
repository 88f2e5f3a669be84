package io.github.dl4jkfac.training;

import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.fit;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** Thirty steps in single precision with every curvature, on networks of all kinds: the loss falls and nothing breaks. */
@Tag("training")
class CurvatureTrainingTest {

    private static final int STEPS = 30;
    private static final int SAMPLES = 12;

    private enum Task {
        /** Images to classes, with what is random or couples the samples. */
        IMAGES {
            @Override
            Model model(IUpdater updater) {
                return started(new MultiLayerNetwork(settings(updater)
                        .dataType(DataType.FLOAT)
                        .list()
                        .layer(new ConvolutionLayer.Builder(3, 3)
                                .nOut(4)
                                .activation(Activation.IDENTITY)
                                .build())
                        .layer(new BatchNormalization())
                        .layer(new ConvolutionLayer.Builder(2, 2)
                                .nOut(4)
                                .activation(Activation.RELU)
                                .build())
                        .layer(new GlobalPoolingLayer())
                        .layer(dense(4, 6, Activation.TANH).dropOut(0.9).build())
                        .layer(dense(6, 6, Activation.TANH)
                                .weightNoise(new DropConnect(0.9))
                                .build())
                        .layer(output(6, 3, Activation.SOFTMAX, new LossMCXENT())
                                .build())
                        .setInputType(InputType.convolutional(6, 6, 1))
                        .build()));
            }

            @Override
            MultiDataSet batch() {
                INDArray x = normal(1, SAMPLES, 1, 6, 6);
                INDArray y = oneHot(SAMPLES, 3);
                for (int n = 0; n < SAMPLES; n++) {
                    x.slice(n).addi(n % 3);
                }
                return new MultiDataSet(x.castTo(DataType.FLOAT), y.castTo(DataType.FLOAT));
            }
        },
        /** Images to images: each pixel is a row of the output. */
        PIXELS {
            @Override
            Model model(IUpdater updater) {
                return started(new MultiLayerNetwork(settings(updater)
                        .dataType(DataType.FLOAT)
                        .list()
                        .layer(new ConvolutionLayer.Builder(3, 3)
                                .nOut(3)
                                .padding(1, 1)
                                .activation(Activation.TANH)
                                .build())
                        .layer(new ConvolutionLayer.Builder(1, 1)
                                .nOut(2)
                                .activation(Activation.IDENTITY)
                                .build())
                        .layer(new CnnLossLayer.Builder(new LossMSE())
                                .activation(Activation.IDENTITY)
                                .build())
                        .setInputType(InputType.convolutional(4, 4, 1))
                        .build()));
            }

            @Override
            MultiDataSet batch() {
                INDArray x = normal(1, SAMPLES, 1, 4, 4).castTo(DataType.FLOAT);
                return new MultiDataSet(x, Nd4j.concat(1, x.mul(0.5), x.neg()));
            }
        },
        /** Masked sequences, in segments, with a second output. */
        SEQUENCES {
            @Override
            Model model(IUpdater updater) {
                ComputationGraph graph = new ComputationGraph(settings(updater)
                        .dataType(DataType.FLOAT)
                        .graphBuilder()
                        .addInputs("x")
                        .addLayer(
                                "h",
                                new LSTM.Builder()
                                        .nOut(5)
                                        .activation(Activation.TANH)
                                        .build(),
                                "x")
                        .addLayer(
                                "classes",
                                new RnnOutputLayer.Builder(new LossMCXENT())
                                        .nOut(2)
                                        .activation(new ActivationSoftmax())
                                        .build(),
                                "h")
                        .addLayer(
                                "values",
                                new RnnOutputLayer.Builder(new LossL2())
                                        .nOut(1)
                                        .activation(Activation.TANH)
                                        .build(),
                                "h")
                        .setOutputs("classes", "values")
                        .setInputTypes(InputType.recurrent(2))
                        .backpropType(BackpropType.TruncatedBPTT)
                        .tBPTTLength(3)
                        .build());
                graph.init();
                return graph;
            }

            @Override
            MultiDataSet batch() {
                INDArray x = normal(1, SAMPLES, 2, 6).castTo(DataType.FLOAT);
                INDArray first = x.get(NDArrayIndex.all(), NDArrayIndex.interval(0, 1), NDArrayIndex.all());
                INDArray positive = first.gt(0).castTo(DataType.FLOAT);
                INDArray mask = Nd4j.ones(DataType.FLOAT, SAMPLES, 6);
                for (int n = 0; n < SAMPLES; n += 2) {
                    mask.putScalar(n, 5, 0);
                }
                return new MultiDataSet(
                        new INDArray[] {x},
                        new INDArray[] {Nd4j.concat(1, positive, positive.rsub(1)), first.mul(0.3)},
                        new INDArray[] {mask},
                        new INDArray[] {mask, mask.dup()});
            }
        };

        abstract Model model(IUpdater updater);

        abstract MultiDataSet batch();
    }

    private static MultiLayerNetwork started(MultiLayerNetwork network) {
        network.init();
        return network;
    }

    static Stream<Arguments> cases() {
        return Stream.of(Task.values())
                .flatMap(task -> Stream.of(Curvature.values()).map(curvature -> Arguments.of(task, curvature)));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("cases")
    void theLossFalls(Task task, Curvature curvature) {
        Model model = task.model(KFac.builder()
                .curvature(curvature)
                .learningRate(0.1)
                .statisticsInterval(2)
                .inverseInterval(4)
                .build());
        KFacListener listener = KFacListener.attach(model);
        MultiDataSet batch = task.batch();
        fit(model, batch);
        double before = model.score();
        for (int k = 1; k < STEPS; k++) {
            fit(model, batch);
        }
        assertThat(model.score()).isLessThan(0.7 * before);
        assertThat(model.params().norm2Number().doubleValue()).isLessThan(1e3);
        assertThat(listener.report(model).skippedBatches()).isZero();
    }
}
