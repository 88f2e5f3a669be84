package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.training.Problem;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares optimizers on an LSTM. */
@Command(
        name = "sequence",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Trains an LSTM with several optimizers in turn, from the same initial parameters and with the "
                + "same time budget, and compares them.")
final class SequenceCommand extends ComparisonCommand {

    @Option(
            names = "--task",
            paramLabel = "NAME",
            defaultValue = "memory",
            description = "memory (the temporal order problem of Hochreiter and Schmidhuber, generated) or mnist-rows "
                    + "(digits read row by row; generated shapes where MNIST is not found). Default: "
                    + "${DEFAULT-VALUE}.")
    private SequenceOptions.Task task;

    @Mixin
    private DataOptions data;

    @Mixin
    private SequenceOptions sequences;

    @Override
    Problem problem(Consumer<String> notice) {
        return sequences.problem(task, data, notice);
    }
}
