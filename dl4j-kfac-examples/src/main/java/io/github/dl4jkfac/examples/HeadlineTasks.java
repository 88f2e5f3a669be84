package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.data.DataSets;
import io.github.dl4jkfac.examples.data.LabelledSplit;
import io.github.dl4jkfac.examples.data.PixelEncoding;
import io.github.dl4jkfac.examples.models.TanhClassifier;
import io.github.dl4jkfac.examples.tasks.SmallTasks;
import io.github.dl4jkfac.examples.tasks.Task;
import io.github.dl4jkfac.examples.training.ClassificationProblem;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Scores;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

/** All tasks of {@code headline}: small ones, and those of the other commands at their defaults. */
final class HeadlineTasks {

    private static final int DIGITS = 10_000;

    /** The options of the other commands, at their defaults. */
    @CommandLine.Command
    private static final class Defaults {
        @Mixin
        private final DataOptions data = new DataOptions();

        @Mixin
        private final AutoencoderOptions autoencoder = new AutoencoderOptions();

        @Mixin
        private final ImageOptions images = new ImageOptions();

        @Mixin
        private final SequenceOptions sequences = new SequenceOptions();
    }

    private HeadlineTasks() {}

    /** @param place of the data, or null */
    static List<Task> all(Path place) {
        List<Task> tasks = new ArrayList<>(SmallTasks.all());
        tasks.add(task("digits-250", place, HeadlineTasks::digits, 250, false));
        tasks.add(task("autoencoder-1000", place, all -> all.autoencoder.problem(all.data, line -> {}), 1000, false));
        tasks.add(task("curves-1000", null, HeadlineTasks::curves, 1000, false));
        tasks.add(task(
                "cifar-vgg", place, all -> all.images.problem(ImageOptions.Net.VGG, all.data, line -> {}), 0, false));
        tasks.add(task(
                "memory",
                null,
                all -> all.sequences.problem(SequenceOptions.Task.MEMORY, all.data, line -> {}),
                0,
                false));
        tasks.add(task(
                "mnist-rows",
                place,
                all -> all.sequences.problem(SequenceOptions.Task.MNIST_ROWS, all.data, line -> {}),
                0,
                true));
        return tasks;
    }

    private static Task task(String name, Path place, Function<Defaults, Problem> problem, int batch, boolean heldOut) {
        return new Task(
                name,
                () -> {
                    Defaults defaults = new Defaults();
                    new CommandLine(defaults)
                            .setCaseInsensitiveEnumValuesAllowed(true)
                            .parseArgs();
                    defaults.data.place = place;
                    return problem.apply(defaults);
                },
                batch,
                "train loss",
                Scores::trainLoss,
                heldOut);
    }

    private static Problem digits(Defaults all) {
        LabelledSplit images =
                DataSets.labelled(all.data.dataset, all.data.place, line -> {}).first(DIGITS, DIGITS);
        int pixels = images.train().size();
        return new ClassificationProblem(
                new TanhClassifier(List.of(pixels, 100, 50, images.train().classes())),
                images,
                new PixelEncoding(pixels),
                null,
                DIGITS);
    }

    private static Problem curves(Defaults all) {
        all.data.dataset = DataSets.Choice.CURVES;
        return all.autoencoder.problem(all.data, line -> {});
    }
}
