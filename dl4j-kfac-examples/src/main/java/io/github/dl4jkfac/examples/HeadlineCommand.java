package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.commandline.Interruption;
import io.github.dl4jkfac.examples.commandline.RunRecords;
import io.github.dl4jkfac.examples.failures.OutputFailure;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.headline.AblationStudy;
import io.github.dl4jkfac.examples.headline.BatchStudy;
import io.github.dl4jkfac.examples.headline.FamilyStudy;
import io.github.dl4jkfac.examples.headline.LossReport;
import io.github.dl4jkfac.examples.headline.LossStudy;
import io.github.dl4jkfac.examples.headline.StudyOfTasks;
import io.github.dl4jkfac.examples.headline.TaskStudy;
import io.github.dl4jkfac.examples.headline.Trials;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.report.Plots;
import io.github.dl4jkfac.examples.tasks.Task;
import io.github.dl4jkfac.examples.training.Problem;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** K-FAC with nothing set against optimizers that are tuned: every figure of a paper's first pages. */
@Command(
        name = "headline",
        mixinStandardHelpOptions = true,
        description =
                "Compares K-FAC with nothing set with optimizers that are tuned, in five studies: the loss over seconds "
                        + "and updates, with the sensitivity to learning rates; the updates to a fixed loss over batch sizes; many "
                        + "tasks, also with parts of the automatic step switched off, and with the other methods of the family. "
                        + "What has been trained is kept: after a break the same command goes on.")
final class HeadlineCommand implements Callable<Integer> {

    private static final int MOST_RATES = 25;

    /** Learning rates of Adam on each task. */
    private static final int ADAM_RATES = 5;

    /** The studies. */
    enum Study {
        /** Loss over seconds and updates, and sensitivity. */
        LOSS,
        /** Updates to a fixed loss over batch sizes. */
        BATCHES,
        /** Many tasks. */
        TASKS,
        /** The tasks with parts of the automatic step switched off. */
        ABLATION,
        /** The tasks with other methods, all automatic. */
        FAMILY
    }

    @Option(
            names = "--studies",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "loss,batches,tasks",
            description = "Which studies: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private List<Study> studies;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "600",
            description = "Seconds of training of each run of the loss study. Default: ${DEFAULT-VALUE}.")
    private double seconds;

    @Option(
            names = "--tune-seconds",
            paramLabel = "S",
            defaultValue = "120",
            description = "Seconds of training for each setting that is tried. Default: ${DEFAULT-VALUE}.")
    private double tuneSeconds;

    @Option(
            names = "--task-seconds",
            paramLabel = "S",
            defaultValue = "30",
            description = "Seconds of training of each run of the tasks. Default: ${DEFAULT-VALUE}.")
    private double taskSeconds;

    @Option(
            names = "--ablation-updates",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Updates of each run of the ablation and of the family. Default: ${DEFAULT-VALUE}.")
    private long ablationUpdates;

    @Option(
            names = "--rates",
            paramLabel = "N",
            defaultValue = "7",
            description =
                    "Learning rates of each first-order optimizer, each root of ten apart; Adam has five on the tasks. "
                            + "Default: ${DEFAULT-VALUE}.")
    private int rates;

    @Option(
            names = "--no-by-hand",
            negatable = false,
            description = "Leave out K-FAC with bound and damping by hand from the loss study.")
    private boolean withoutByHand;

    @Option(
            names = "--seeds",
            split = ",",
            paramLabel = "N",
            defaultValue = "1,2,3",
            description = "Seeds; settings are chosen on the first. Default: ${DEFAULT-VALUE}.")
    private List<Long> seeds;

    @Option(names = "--batch", paramLabel = "N", description = "Examples per step of the loss study. Default: 1000.")
    private Integer batch;

    @Option(
            names = "--batches",
            split = ",",
            paramLabel = "N",
            defaultValue = "250,1000,4000,16000",
            description = "Batch sizes of their study. Default: ${DEFAULT-VALUE}.")
    private List<Integer> batches;

    @Option(
            names = "--targets",
            split = ",",
            paramLabel = "X",
            defaultValue = "80,66,60",
            description =
                    "Training losses to which updates and seconds are told; the first is that of the batch sizes. "
                            + "Default: ${DEFAULT-VALUE}.")
    private List<Double> targets;

    @Option(
            names = "--most-updates",
            paramLabel = "N",
            defaultValue = "4000",
            description = "Updates at most on the way to the first target. Default: ${DEFAULT-VALUE}.")
    private long mostUpdates;

    @Option(names = "--tasks", split = ",", paramLabel = "NAME", description = "Which tasks. Default: all.")
    private List<String> taskNames;

    @Mixin
    private DataOptions data;

    @Mixin
    private AutoencoderOptions autoencoder;

    @Mixin
    private ThreadOptions threads;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "out/headline",
            description = "Folder for tables, plots and what has been trained. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter terminal = spec.commandLine().getOut();
        check();
        threads.apply();
        List<Task> tasks = tasks();
        OutputFolder.prepare(out, "--out");
        Path kept = OutputFolder.prepare(out.resolve("runs"), "--out");
        RunRecords.of(spec).with("seeds", seeds).write(out);
        Trials trials = new Trials(kept, terminal);
        List<String> markdown = new ArrayList<>();
        Optional<OutputFailure> unwritten = Optional.empty();
        try (Interruption interruption = new Interruption(() -> Interruption.tell(spec, out))) {
            if (studies.contains(Study.LOSS)) {
                unwritten = loss(trials, markdown);
            }
            if (studies.contains(Study.BATCHES)) {
                Optional<OutputFailure> plot = batches(trials, markdown);
                unwritten = unwritten.or(() -> plot);
            }
            if (studies.contains(Study.TASKS)) {
                each(tasks, new TaskStudy(trials, seeds, ADAM_RATES, taskSeconds), "tasks.md", markdown);
            }
            if (studies.contains(Study.ABLATION)) {
                each(tasks, new AblationStudy(trials, seeds, ablationUpdates), "ablation.md", markdown);
            }
            if (studies.contains(Study.FAMILY)) {
                each(tasks, new FamilyStudy(trials, seeds, ablationUpdates), "family.md", markdown);
            }
        }
        terminal.println();
        terminal.println(String.join("\n", markdown));
        terminal.println("written to " + out);
        terminal.flush();
        unwritten.ifPresent(failure -> {
            throw failure;
        });
        return 0;
    }

    private void check() {
        Checks.positive("--seconds", seconds);
        Checks.positive("--tune-seconds", tuneSeconds);
        Checks.positive("--task-seconds", taskSeconds);
        Checks.within("--rates", rates, 1, MOST_RATES);
        Checks.atLeastOne("--batch", batch);
        Checks.atLeastOne("--most-updates", mostUpdates);
        Checks.atLeastOne("--ablation-updates", ablationUpdates);
        batches.forEach(size -> Checks.atLeastOne("--batches", size));
        targets.forEach(target -> Checks.positive("--targets", target));
    }

    private Problem problem() {
        PrintWriter terminal = spec.commandLine().getOut();
        DataOptions.tellReading(terminal);
        return autoencoder.problem(data, terminal::println);
    }

    private Optional<OutputFailure> loss(Trials trials, List<String> markdown) {
        Problem problem = problem();
        int size = batch == null ? problem.defaultBatch() : batch;
        RunOptions.checkBatch("--batch", size, problem.trainCount());
        int evaluations = (int) Math.max(10, Math.min(100, seconds / 2));
        LossReport report = new LossStudy(trials, problem, seeds)
                .run(rates, !withoutByHand, size, tuneSeconds, seconds, evaluations);
        report.writeNumbers(out);
        add(report.markdown(targets), "loss.md", markdown);
        return Plots.tryTo(() -> report.draw(out));
    }

    private Optional<OutputFailure> batches(Trials trials, List<String> markdown) {
        Problem problem = problem();
        batches.forEach(size -> RunOptions.checkBatch("--batches", size, problem.trainCount()));
        BatchStudy study = new BatchStudy(trials, problem, seeds.get(0), targets.get(0));
        study.run(batches, rates, mostUpdates);
        study.writeNumbers(out);
        add(study.markdown(), "batches.md", markdown);
        return Plots.tryTo(() -> study.draw(out));
    }

    private List<Task> tasks() {
        List<Task> all = HeadlineTasks.all(data.place);
        if (taskNames == null) {
            return all;
        }
        return taskNames.stream()
                .map(name -> all.stream()
                        .filter(task -> task.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new UserError("unknown task '" + name + "'; there are "
                                + String.join(", ", all.stream().map(Task::name).toList()))))
                .toList();
    }

    private void each(List<Task> tasks, StudyOfTasks study, String file, List<String> markdown) {
        for (Task task : tasks) {
            study.run(task, task.problem().get());
            study.writeNumbers(out); // after each, since all together take hours
        }
        add(study.markdown(), file, markdown);
    }

    private void add(String text, String file, List<String> markdown) {
        markdown.add(text);
        try {
            Files.writeString(out.resolve(file), text);
        } catch (IOException e) {
            throw new OutputFailure(
                    "cannot write " + out.resolve(file) + " (" + e.getMessage()
                            + "); make room or name another folder with --out",
                    e);
        }
    }
}
