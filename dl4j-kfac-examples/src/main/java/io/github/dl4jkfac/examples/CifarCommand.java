package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.training.Problem;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares optimizers on a convolutional or a residual network on CIFAR-10. */
@Command(
        name = "cifar",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Trains a convolutional network on CIFAR-10, or on generated images, with several optimizers in "
                + "turn, from the same initial parameters and with the same time budget, and compares them.")
final class CifarCommand extends ComparisonCommand {

    @Option(
            names = "--model",
            paramLabel = "NAME",
            defaultValue = "vgg",
            description = "vgg (small, for one processor core) or resnet20. Default: ${DEFAULT-VALUE}.")
    private ImageOptions.Net model;

    @Mixin
    private DataOptions data;

    @Mixin
    private ImageOptions images;

    @Override
    Problem problem(Consumer<String> notice) {
        return images.problem(model, data, notice);
    }
}
