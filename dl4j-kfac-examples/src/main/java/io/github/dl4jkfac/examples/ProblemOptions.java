package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.training.Problem;
import java.util.function.Consumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of commands that work on any problem. */
final class ProblemOptions {

    /** The problems. */
    enum Kind {
        /** That of {@code mnist-autoencoder}. */
        AUTOENCODER("autoencoder"),
        /** {@code cifar --model vgg}. */
        VGG("vgg"),
        /** {@code cifar --model resnet20}. */
        RESNET20("resnet20"),
        /** {@code sequence --task memory}. */
        MEMORY("memory"),
        /** {@code sequence --task mnist-rows}. */
        MNIST_ROWS("mnist-rows");

        private final String id;

        Kind(String id) {
            this.id = id;
        }

        @Override
        public String toString() {
            return id;
        }
    }

    @Option(
            names = "--problem",
            paramLabel = "NAME",
            defaultValue = "autoencoder",
            description = "What to train: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Kind kind;

    @Mixin
    private DataOptions data;

    @Mixin
    private AutoencoderOptions autoencoder;

    @Mixin
    private ImageOptions images;

    @Mixin
    private SequenceOptions sequences;

    /**
     * @param notice receives a line on what was chosen
     * @return the chosen problem
     */
    Problem problem(Consumer<String> notice) {
        return switch (kind) {
            case AUTOENCODER -> autoencoder.problem(data, notice);
            case VGG -> images.problem(ImageOptions.Net.VGG, data, notice);
            case RESNET20 -> images.problem(ImageOptions.Net.RESNET20, data, notice);
            case MEMORY -> sequences.problem(SequenceOptions.Task.MEMORY, data, notice);
            case MNIST_ROWS -> sequences.problem(SequenceOptions.Task.MNIST_ROWS, data, notice);
        };
    }
}
