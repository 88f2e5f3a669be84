package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.report.Pictures;
import io.github.dl4jkfac.examples.report.Reconstructions;
import io.github.dl4jkfac.examples.training.AutoencoderProblem;
import io.github.dl4jkfac.examples.training.Problem;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Compares optimizers on the deep autoencoder of Hinton and Salakhutdinov (2006). */
@Command(
        name = "mnist-autoencoder",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Trains a deep autoencoder with several optimizers in turn, from the same initial parameters "
                + "and with the same time budget, and compares them.")
final class MnistAutoencoderCommand extends ComparisonCommand {

    @Mixin
    private DataOptions data;

    @Mixin
    private AutoencoderOptions autoencoder;

    @Override
    Problem problem(Consumer<String> notice) {
        return autoencoder.problem(data, notice);
    }

    @Override
    Pictures pictures(Problem problem) {
        return new Reconstructions((AutoencoderProblem) problem);
    }
}
