package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.data.DataSets;
import io.github.dl4jkfac.examples.data.Encoding;
import io.github.dl4jkfac.examples.data.LabelledSplit;
import io.github.dl4jkfac.examples.data.RowEncoding;
import io.github.dl4jkfac.examples.data.SymbolEncoding;
import io.github.dl4jkfac.examples.data.TemporalOrderSource;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.models.LstmClassifier;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Setting;
import io.github.dl4jkfac.examples.training.ClassificationProblem;
import java.util.Map;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** Options on the classification of sequences. */
final class SequenceOptions {

    private static final int EVALUATION_SEQUENCES = 2000;

    /** So that the sequences, the LSTM and its curvature fit into the memory of a usual machine. */
    private static final int LONGEST = 5000;

    private static final int MOST_UNITS = 4000;

    /** The tasks. */
    enum Task {
        /** Which two symbols were far apart in a long sequence. */
        MEMORY("memory"),
        /** Digits, read row by row. */
        MNIST_ROWS("mnist-rows");

        private final String id;

        Task(String id) {
            this.id = id;
        }

        @Override
        public String toString() {
            return id;
        }
    }

    /**
     * Nothing can be learned here before the first symbol is felt at the end, and until then every gradient is noise, which
     * natural-gradient steps amplify: small steps, averaged over many batches.
     */
    private static final Map<Optimizer, OptimizerSettings> MEMORY_DEFAULTS = Map.of(
            Optimizer.KFAC,
            OptimizerSettings.DEFAULTS
                    .with(Setting.MOMENTUM, 0.9)
                    .with(Setting.DAMPING, 0.03)
                    .with(Setting.KL_CLIP, 1e-3),
            Optimizer.ADAM,
            OptimizerSettings.DEFAULTS.with(Setting.LEARNING_RATE, 1e-2),
            Optimizer.NESTEROVS,
            OptimizerSettings.DEFAULTS.with(Setting.LEARNING_RATE, 0.1));

    private static final Map<Optimizer, OptimizerSettings> ROWS_DEFAULTS = Map.of(
            Optimizer.ADAM,
            OptimizerSettings.DEFAULTS.with(Setting.LEARNING_RATE, 3e-3),
            Optimizer.NESTEROVS,
            OptimizerSettings.DEFAULTS.with(Setting.LEARNING_RATE, 0.1));

    @Option(
            names = "--length",
            paramLabel = "N",
            defaultValue = "50",
            description = "Symbols per sequence (memory). Default: ${DEFAULT-VALUE}.")
    private int length;

    @Option(
            names = "--units",
            paramLabel = "N",
            defaultValue = "32",
            description = "Cells of the LSTM (sequence). Default: ${DEFAULT-VALUE}.")
    private int units;

    /**
     * @param task which task
     * @param data the options on the data
     * @param notice receives a line on what was chosen
     * @return an LSTM on the sequences of that task
     */
    ClassificationProblem problem(Task task, DataOptions data, Consumer<String> notice) {
        data.check();
        Checks.within("--units", units, 1, MOST_UNITS);
        Checks.within("--length", length, TemporalOrderSource.SHORTEST, LONGEST);
        return task == Task.MEMORY ? memory(data, notice) : rows(data, notice);
    }

    private ClassificationProblem memory(DataOptions data, Consumer<String> notice) {
        data.dataset.require(DataSets.Choice.AUTO);
        if (data.place != null) {
            throw new UserError("--data " + data.place + " is of no use to the task memory; drop it");
        }
        Encoding encoding = new SymbolEncoding(TemporalOrderSource.SYMBOLS, length);
        return problem(TemporalOrderSource.generate(length), encoding, data, notice, MEMORY_DEFAULTS);
    }

    private ClassificationProblem rows(DataOptions data, Consumer<String> notice) {
        LabelledSplit images = DataSets.labelled(data.dataset, data.place, notice);
        int side = (int) Math.round(Math.sqrt(images.train().size()));
        return problem(images, new RowEncoding(side), data, notice, ROWS_DEFAULTS);
    }

    private ClassificationProblem problem(
            LabelledSplit all,
            Encoding encoding,
            DataOptions data,
            Consumer<String> notice,
            Map<Optimizer, OptimizerSettings> defaults) {
        LabelledSplit sequences = all.first(data.trainSize, data.testSize);
        DataOptions.tell(
                notice, all.name(), sequences.train().count(), sequences.test().count(), "sequences");
        long[] shape = encoding.shape(1);
        LstmClassifier lstm = new LstmClassifier(
                (int) shape[1], (int) shape[2], units, sequences.train().classes(), defaults);
        return new ClassificationProblem(lstm, sequences, encoding, null, data.evaluationSize(EVALUATION_SEQUENCES));
    }
}
