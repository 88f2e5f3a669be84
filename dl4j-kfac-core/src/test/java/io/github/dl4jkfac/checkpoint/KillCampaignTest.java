package io.github.dl4jkfac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.checkpoint.KilledTraining.Target;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Kills a training that saves at every step, at random moments, every second time in the midst of saving, and goes on: nothing that was saved is lost, and everything is, to the
 * last bit, as in a training that nobody killed. {@code -Dtest.kills=100} makes a long campaign of it, {@code -Dtest.kills.seed=2}
 * another one.
 */
class KillCampaignTest {

    /** Unless told otherwise, the file's training dies twice, anywhere and in mid-save, and the folder's once, in mid-save. */
    private static final Integer KILLS = Integer.getInteger("test.kills");

    private static final long SEED = Long.getLong("test.kills.seed", 1);
    private static final int LONGEST_LIFE_MILLIS = 300;

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Target.class)
    void killedTrainingGoesOnWithoutLoss(Target target) throws Exception {
        Random random = new Random(SEED);
        Path path = target.path(Files.createDirectory(folder.resolve("checkpoints")));
        Uninterrupted uninterrupted = new Uninterrupted(target);
        int killedInMidSave = 0;
        Model resumed = null;
        int kills = KILLS != null ? KILLS : target == Target.FILE ? 2 : 1;
        for (int kill = 0; kill < kills; kill++) {
            boolean anywhere = (kill + target.ordinal()) % 2 == 0;
            int saved = liveAndDie(target, random.nextInt(LONGEST_LIFE_MILLIS), anywhere ? -1 : random.nextInt(2000));
            int unfinished = unfinished();
            assertThat(unfinished).as("leftovers of one life").isLessThanOrEqualTo(1);
            killedInMidSave += unfinished;

            resumed = Checkpoints.resume(path, Model.class);
            assertThat(Network.of(resumed).iteration())
                    .as("steps that were saved")
                    .isBetween(saved, saved + 1);
            uninterrupted.requireSame(resumed);
        }
        System.out.printf(
                "%s: %d kills, %d of them in mid-save, %d bit-equal resumes, %d steps%n",
                target, kills, killedInMidSave, kills, Network.of(resumed).iteration());
        target.prepare(resumed, path);
        target.step(resumed, path);
        assertThat(unfinished()).isZero();
        try (var files = Files.list(folder.resolve("checkpoints"))) {
            assertThat(files).hasSize(target == Target.FILE ? 1 : 2);
        }
    }

    /** The same training in this process. Both draw from this thread's random numbers, so each has its state of them. */
    private static final class Uninterrupted {

        private final Model model;
        private long root;
        private long node;

        Uninterrupted(Target target) {
            model = KilledTraining.begin(target);
            keepRandom();
        }

        private void keepRandom() {
            root = Nd4j.getRandom().rootState();
            node = Nd4j.getRandom().nodeState();
        }

        void requireSame(Model resumed) {
            long resumedRoot = Nd4j.getRandom().rootState();
            long resumedNode = Nd4j.getRandom().nodeState();
            Nd4j.getRandom().setStates(root, node);
            TinyTraining.train(model, Network.of(resumed).iteration(), KilledTraining.TYPE);
            keepRandom();
            TinyTraining.assertSame(resumed, model);
            assertThat(List.of(resumedRoot, resumedNode)).as("random numbers").isEqualTo(List.of(root, node));
        }
    }

    /**
     * @param millis how long it lives after its first step
     * @param microsInSave how long it lives on, from the beginning of the next save; negative to die wherever it is
     * @return the last step that the training has said is saved
     */
    private int liveAndDie(Target target, int millis, int microsInSave) throws Exception {
        Path errors = folder.resolve("errors.txt");
        Process training = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        KilledTraining.class.getName(),
                        target.name(),
                        folder.resolve("checkpoints").toString())
                .redirectError(errors.toFile())
                .start();
        try (BufferedReader out = training.inputReader()) {
            int saved = saved(out);
            assertThat(saved).as(() -> "first step: " + content(errors)).isPositive();
            Thread killer = new Thread(() -> kill(training, millis, microsInSave));
            killer.start();
            for (int next = saved; next > 0; next = saved(out)) {
                saved = next;
            }
            killer.join();
            assertThat(training.waitFor(1, TimeUnit.MINUTES)).isTrue();
            assertThat(training.exitValue())
                    .as(() -> "killed: " + content(errors))
                    .isNotEqualTo(1);
            return saved;
        } finally {
            training.destroyForcibly();
        }
    }

    private void kill(Process training, int millis, int microsInSave) {
        try {
            Thread.sleep(millis);
            if (microsInSave >= 0) {
                while (unfinished() == 0 && training.isAlive()) {
                    Thread.onSpinWait();
                }
                long end = System.nanoTime() + 1000L * microsInSave;
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            training.toHandle().destroyForcibly(); // which leaves the streams open for the reader
        }
    }

    /** @return the next step that is saved; 0 at the end */
    private static int saved(BufferedReader out) throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith(KilledTraining.SAVED)) {
                return Integer.parseInt(line.substring(KilledTraining.SAVED.length()));
            }
        }
        return 0;
    }

    private static String content(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private int unfinished() throws IOException {
        try (var files = Files.list(folder.resolve("checkpoints"))) {
            return (int) files.filter(file -> file.toString().endsWith(".unfinished"))
                    .count();
        }
    }
}
