package io.github.dl4jkfac.checkpoint;

import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.checkpoint.TinyTraining.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/** A program that trains and saves every step until it is killed. Says on its standard output what is safely saved. */
final class KilledTraining {

    static final String SAVED = "saved ";
    static final DataType TYPE = DataType.FLOAT;

    private KilledTraining() {}

    /** Where a training is saved to. */
    enum Target {
        /** One file, replaced at every step. */
        FILE {
            @Override
            Path path(Path folder) {
                return folder.resolve("net.zip");
            }

            @Override
            Model create() {
                return Kind.SEQUENTIAL.create(
                        KFac.builder().statisticsInterval(2).inverseInterval(3).build(), TYPE);
            }

            @Override
            void step(Model model, Path path) throws CheckpointException {
                TinyTraining.train(model, Network.of(model).iteration() + 1, TYPE);
                Checkpoints.save(model, path);
            }
        },
        /** A folder, of which the last two files are kept. */
        FOLDER {
            @Override
            Path path(Path folder) {
                return folder;
            }

            @Override
            Model create() {
                return Kind.GRAPH.create(new EKFac(), TYPE);
            }

            @Override
            void prepare(Model model, Path path) throws CheckpointException {
                model.addListeners(AtomicCheckpointListener.builder(path)
                        .saveEveryNIterations(1)
                        .keepLast(2)
                        .build());
            }

            @Override
            void step(Model model, Path path) {
                TinyTraining.train(model, Network.of(model).iteration() + 1, TYPE);
            }
        };

        abstract Path path(Path folder);

        abstract Model create();

        void prepare(Model model, Path path) throws CheckpointException {}

        abstract void step(Model model, Path path) throws CheckpointException;
    }

    /** The network at step 0, with the random numbers that the training begins with. */
    static Model begin(Target target) {
        Model model = target.create();
        Nd4j.getRandom().setSeed(11);
        return model;
    }

    public static void main(String[] arguments) throws Exception {
        Target target = Target.valueOf(arguments[0]);
        Path folder = Path.of(arguments[1]);
        Path path = target.path(folder);
        boolean started;
        try (var files = Files.list(folder)) {
            started = files.anyMatch(file -> file.toString().endsWith(".zip"));
        }
        Model model = started ? Checkpoints.resume(path, Model.class) : begin(target);
        target.prepare(model, path);
        // until killed, or until nobody listens any more: the test itself may have been ended
        while (!System.out.checkError()) {
            target.step(model, path);
            System.out.println(SAVED + Network.of(model).iteration());
        }
    }
}
