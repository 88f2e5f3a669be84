package io.github.dl4jkfac.examples.zoo;

import java.util.Arrays;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.zoo.ZooModel;
import org.deeplearning4j.zoo.model.AlexNet;
import org.deeplearning4j.zoo.model.Darknet19;
import org.deeplearning4j.zoo.model.FaceNetNN4Small2;
import org.deeplearning4j.zoo.model.InceptionResNetV1;
import org.deeplearning4j.zoo.model.LeNet;
import org.deeplearning4j.zoo.model.ResNet50;
import org.deeplearning4j.zoo.model.SimpleCNN;
import org.deeplearning4j.zoo.model.SqueezeNet;
import org.deeplearning4j.zoo.model.TextGenerationLSTM;
import org.deeplearning4j.zoo.model.TinyYOLO;
import org.deeplearning4j.zoo.model.UNet;
import org.deeplearning4j.zoo.model.VGG16;
import org.deeplearning4j.zoo.model.VGG19;
import org.deeplearning4j.zoo.model.Xception;
import org.deeplearning4j.zoo.model.YOLO2;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The models of deeplearning4j-zoo that Deeplearning4j can build without pretrained weights, as the zoo configures them but for
 * smaller inputs. Smaller inputs change the number of locations of a convolution, not its parameters or its curvature block; of the
 * layers below only the first dense one of AlexNet, VGG16 and VGG19 becomes narrower where the input is smaller.
 */
enum ZooNetwork {
    LENET(LeNet.builder().numClasses(Task.CLASSES)::build, Task.CLASSIFICATION, 8, false, 1, 28, 28),
    SIMPLE_CNN(SimpleCNN.builder().numClasses(Task.CLASSES)::build, Task.CLASSIFICATION, 4, false, 3, 48, 48) {
        /** The zoo's network ends in a softmax without a loss, which Deeplearning4j cannot train. */
        @Override
        Model build() {
            LossLayer loss = new LossLayer.Builder(LossFunction.MCXENT)
                    .activation(Activation.IDENTITY)
                    .build();
            return new TransferLearning.Builder((MultiLayerNetwork) super.build())
                    .fineTuneConfiguration(new FineTuneConfiguration.Builder().build())
                    .addLayer(loss)
                    .build();
        }
    },
    SQUEEZE_NET(SqueezeNet.builder().numClasses(Task.CLASSES)::build, Task.CLASSIFICATION, 4, false, 3, 64, 64),
    FACE_NET(FaceNetNN4Small2.builder().numClasses(Task.CLASSES)::build, Task.CLASSIFICATION, 4, false, 3, 64, 64),
    XCEPTION(Xception.builder().numClasses(Task.CLASSES)::build, Task.CLASSIFICATION, 4, false, 3, 32, 32),
    TEXT_GENERATION_LSTM(
            TextGenerationLSTM.builder().totalUniqueCharacters(47)::build, Task.NEXT_CHARACTER, 4, false, 40, 47),

    ALEX_NET(AlexNet.builder().numClasses(Task.CLASSES)::build, Task.CLASSIFICATION, 4, true, 3, 67, 67),
    VGG_16(VGG16.builder().numClasses(Task.CLASSES)::build, Task.CLASSIFICATION, 4, true, 3, 32, 32),
    VGG_19(VGG19.builder().numClasses(Task.CLASSES)::build, Task.CLASSIFICATION, 4, true, 3, 32, 32),
    RES_NET_50(ResNet50.builder().numClasses(Task.CLASSES)::build, Task.CLASSIFICATION, 2, true, 3, 96, 96),
    DARKNET_19(Darknet19.builder().numClasses(Task.CLASSES)::build, Task.CLASSIFICATION, 4, true, 3, 64, 64),
    INCEPTION_RES_NET_V1(
            InceptionResNetV1.builder().numClasses(Task.CLASSES)::build, Task.CLASSIFICATION, 2, true, 3, 160, 160),
    U_NET(UNet.builder()::build, Task.SEGMENTATION, 2, true, 3, 32, 32),
    TINY_YOLO(TinyYOLO.builder().numClasses(Task.CLASSES)::build, Task.DETECTION, 2, true, 3, 64, 64),
    YOLO_2(YOLO2.builder().numClasses(Task.CLASSES)::build, Task.DETECTION, 2, true, 3, 64, 64);

    private final Supplier<? extends ZooModel<?>> zooModel;
    private final Task task;
    private final int batch;
    private final boolean heavy;
    private final int[] shape;

    /**
     * @param zooModel the model, with its default input
     * @param task what it learns
     * @param batch examples per step
     * @param heavy whether its two steps take more than a few seconds, mostly for inverting factors
     * @param shape of one input: channels, height and width of an image; length and number of characters of a text
     */
    ZooNetwork(Supplier<? extends ZooModel<?>> zooModel, Task task, int batch, boolean heavy, int... shape) {
        this.zooModel = zooModel;
        this.task = task;
        this.batch = batch;
        this.heavy = heavy;
        this.shape = shape;
    }

    static Stream<ZooNetwork> light() {
        return Arrays.stream(values()).filter(network -> !network.heavy);
    }

    static Stream<ZooNetwork> heavy() {
        return Arrays.stream(values()).filter(network -> network.heavy);
    }

    /** The zoo's class. */
    Class<?> type() {
        return zooModel.get().getClass();
    }

    /** A new network with the zoo's initial parameters. */
    Model build() {
        ZooModel<?> model = zooModel.get();
        model.setInputShape(new int[][] {shape});
        return model.init();
    }

    /** The same batch each time. */
    DataSet batch() {
        return task.draw(batch, shape, new Random(7));
    }

    @Override
    public String toString() {
        return type().getSimpleName() + ", input " + Arrays.toString(shape) + ", batch " + batch;
    }
}
