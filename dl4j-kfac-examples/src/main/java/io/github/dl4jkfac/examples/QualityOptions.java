package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.diagnostics.ExactNaturalGradient;
import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Setting;
import io.github.dl4jkfac.examples.quality.Candidate;
import io.github.dl4jkfac.examples.quality.Plan;
import io.github.dl4jkfac.examples.quality.StudiedMethod;
import io.github.dl4jkfac.examples.training.Problem;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Options on what to measure, where and how often. */
final class QualityOptions {

    private static final double ADAM_RATE = 3e-3;
    private static final double EXACT_TOLERANCE = 1e-3;

    @Option(
            names = "--optimizer",
            paramLabel = "NAME",
            defaultValue = "adam",
            description = "Trains between the stages: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.",
            completionCandidates = OptimizerNames.class)
    private String optimizer;

    @Option(
            names = "--learning-rate",
            paramLabel = "X",
            description = "Learning rate of that optimizer. Default: 0.003 for adam, else the optimizer's own.")
    private Double learningRate;

    @Option(
            names = "--stages",
            split = ",",
            paramLabel = "N",
            defaultValue = "0,30,100,300,1000,3000",
            description = "Numbers of training steps after which to measure, rising. Default: ${DEFAULT-VALUE}.")
    private List<Integer> stages;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "128",
            description = "Examples per batch, in training and in measuring. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--batches",
            paramLabel = "N",
            defaultValue = "10",
            description = "Batches to measure at each stage. Default: ${DEFAULT-VALUE}.")
    private int batches;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "10",
            description = "Batches that methods which average over batches see before the first measured one. "
                    + "Default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Option(
            names = "--methods",
            split = ",",
            paramLabel = "NAME",
            completionCandidates = MethodNames.class,
            description = "Methods to measure, beside the exact natural gradient: ${COMPLETION-CANDIDATES}. "
                    + "Default: all.")
    private List<String> methods;

    @Option(
            names = "--exact-damping",
            paramLabel = "X",
            defaultValue = "0.01",
            description = "Damping of the exact natural gradient. Default: ${DEFAULT-VALUE}.")
    private double exactDamping;

    @Option(
            names = "--exact-iterations",
            paramLabel = "N",
            defaultValue = "100",
            description = "Iterations of conjugate gradients for the exact natural gradient at most. "
                    + "Default: ${DEFAULT-VALUE}.")
    private int exactIterations;

    @Option(
            names = "--dampings",
            split = ",",
            paramLabel = "X",
            defaultValue = "1e-6,1e-5,1e-4,1e-3,1e-2,1e-1",
            description = "Relative dampings with which to measure the sample-space methods as well. "
                    + "Default: ${DEFAULT-VALUE}.")
    private List<Double> dampings;

    /** The names of the methods, for help texts. */
    private static final class MethodNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return StudiedMethod.updaters().stream().map(StudiedMethod::id).iterator();
        }
    }

    /** @throws UserError if a value cannot be used */
    void check() {
        Checks.positive("--learning-rate", learningRate);
        Checks.positive("--exact-damping", exactDamping);
        Checks.atLeastOne("--exact-iterations", exactIterations);
        Checks.atLeastOne("--batch", batch);
        Checks.atLeastOne("--batches", batches);
        dampings.forEach(damping -> Checks.positive("--dampings", damping));
        Checks.within("--warm-up", warmUp, 0, Integer.MAX_VALUE);
        for (int i = 0; i < stages.size(); i++) {
            if (stages.get(i) < 0 || i > 0 && stages.get(i) <= stages.get(i - 1)) {
                throw new UserError("--stages must be rising numbers of steps from 0. Got: " + stages);
            }
        }
        plan(chosen());
    }

    /**
     * @param images how many training images there are
     * @throws UserError if a batch has more
     */
    void checkBatch(int images) {
        RunOptions.checkBatch("--batch", batch, images);
    }

    /** @return all values, by the names of their options */
    Map<String, Object> describe() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("optimizer", optimizer);
        values.put("learning_rate", learningRate);
        values.put("stages", stages);
        values.put("batch", batch);
        values.put("batches", batches);
        values.put("warm_up", warmUp);
        values.put("methods", chosen().stream().map(StudiedMethod::id).toList());
        values.put("exact_damping", exactDamping);
        values.put("exact_iterations", exactIterations);
        values.put("dampings", dampings);
        return values;
    }

    /** @return the stage at which a partially trained network is drawn */
    int middleStage() {
        return stages.get(stages.size() / 2);
    }

    /**
     * @param problem what is trained
     * @param notice receives a line on what is left out
     * @return what to do with it
     */
    Plan plan(Problem problem, Consumer<String> notice) {
        List<StudiedMethod> affordable = new ArrayList<>(chosen());
        if (!problem.classifies() && affordable.removeIf(StudiedMethod::perOutput)) {
            notice.accept("left out here, since each output unit costs them a pass: "
                    + chosen().stream()
                            .filter(StudiedMethod::perOutput)
                            .map(StudiedMethod::id)
                            .collect(Collectors.joining(", ")));
        }
        return plan(affordable);
    }

    private Plan plan(List<StudiedMethod> measured) {
        Optimizer trainer = Optimizer.of(optimizer);
        Double rate = learningRate == null && trainer == Optimizer.ADAM ? Double.valueOf(ADAM_RATE) : learningRate;
        OptimizerSettings settings = OptimizerSettings.DEFAULTS.with(Setting.LEARNING_RATE, rate);
        trainer.updater(settings, 0);
        return new Plan(
                trainer,
                settings,
                stages,
                batch,
                batches,
                warmUp,
                new ExactNaturalGradient(exactDamping, exactIterations, EXACT_TOLERANCE),
                candidates(measured));
    }

    private List<StudiedMethod> chosen() {
        return methods == null
                ? StudiedMethod.updaters()
                : methods.stream()
                        .map(name -> StudiedMethod.of(name.trim()))
                        .distinct()
                        .toList();
    }

    /** @return the methods with their own damping, then those whose damping is changed with each value */
    private List<Candidate> candidates(List<StudiedMethod> measured) {
        List<Candidate> candidates = new ArrayList<>();
        measured.forEach(method -> candidates.add(new Candidate(method, null)));
        for (StudiedMethod method : measured) {
            if (method.swept()) {
                dampings.forEach(damping -> candidates.add(new Candidate(method, damping)));
            }
        }
        return candidates;
    }
}
