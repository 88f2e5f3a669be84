package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.data.Augmentation;
import io.github.dl4jkfac.examples.data.CifarSource;
import io.github.dl4jkfac.examples.data.ColourEncoding;
import io.github.dl4jkfac.examples.data.LabelledSplit;
import io.github.dl4jkfac.examples.models.Architecture;
import io.github.dl4jkfac.examples.models.ResNet20;
import io.github.dl4jkfac.examples.models.SmallVgg;
import io.github.dl4jkfac.examples.training.ClassificationProblem;
import java.util.List;
import java.util.function.Consumer;
import org.deeplearning4j.nn.conf.inputs.InputType;
import picocli.CommandLine.Option;

/** Options on the classification of small colour images. */
final class ImageOptions {

    private static final int EVALUATION_IMAGES = 2000;

    private static final int MOST_UNITS = 4000;
    /** Each halves the images of 32 pixels a side. */
    private static final int MOST_STAGES = 5;

    /** The networks. */
    enum Net {
        /** A small network in the manner of VGG. */
        VGG,
        /** The residual network of 20 layers. */
        RESNET20
    }

    @Option(
            names = "--l2",
            paramLabel = "X",
            defaultValue = "1e-4",
            description = "L2 coefficient of the weights (cifar). Default: ${DEFAULT-VALUE}.")
    double l2;

    @Option(
            names = "--no-augmentation",
            negatable = false,
            description = "Train on the images as they are, without random flips and crops (cifar).")
    boolean plain;

    @Option(
            names = "--channels",
            split = "-",
            hidden = true,
            defaultValue = "16-32-64",
            description = "Channels of the stages (vgg).")
    List<Integer> channels;

    @Option(names = "--hidden", hidden = true, defaultValue = "128", description = "Units of the dense layer (vgg).")
    int hidden;

    /**
     * @param net which network
     * @param data the options on the data
     * @param notice receives a line on what was chosen
     * @return the network on the chosen images
     */
    ClassificationProblem problem(Net net, DataOptions data, Consumer<String> notice) {
        data.check();
        Checks.notNegative("--l2", l2);
        Checks.within("--hidden", hidden, 1, MOST_UNITS);
        Checks.within("--channels, their number,", channels.size(), 1, MOST_STAGES);
        channels.forEach(stage -> Checks.within("--channels", stage, 1, MOST_UNITS));
        LabelledSplit images =
                CifarSource.load(data.dataset, data.place, notice).first(data.trainSize, data.testSize);
        DataOptions.tell(
                notice, images.name(), images.train().count(), images.test().count(), "images");
        ColourEncoding encoding = new ColourEncoding(images.train(), CifarSource.CHANNELS);
        Augmentation augmentation = plain ? null : new Augmentation(encoding, CifarSource.SIDE, CifarSource.CHANNELS);
        return new ClassificationProblem(
                architecture(net, images.train().classes()),
                images,
                encoding,
                augmentation,
                data.evaluationSize(EVALUATION_IMAGES));
    }

    private Architecture architecture(Net net, int classes) {
        InputType.InputTypeConvolutional input = (InputType.InputTypeConvolutional)
                InputType.convolutional(CifarSource.SIDE, CifarSource.SIDE, CifarSource.CHANNELS);
        return net == Net.VGG ? new SmallVgg(input, classes, l2, channels, hidden) : new ResNet20(input, classes, l2);
    }
}
