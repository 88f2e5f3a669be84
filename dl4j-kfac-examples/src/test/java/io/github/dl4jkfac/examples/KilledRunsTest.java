package io.github.dl4jkfac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.checkpoint.Checkpoint;
import io.github.dl4jkfac.checkpoint.Checkpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a command that saves at every step at random moments, every second time in the midst of saving, and resumes: each time every step
 * until then is as in a run that nobody killed, and so is the network in the end, to the last bit. {@code -Dtest.kills=100} makes a long
 * campaign of it, {@code -Dtest.kills.seed=2} another one.
 */
class KilledRunsTest {

    private static final int KILLS = Integer.getInteger("test.kills", 2);
    private static final long SEED = Long.getLong("test.kills.seed", 1);
    private static final int LONGEST_LIFE_MILLIS = 300;

    @TempDir
    Path folder;

    @Test
    void killedRunsGoOnWithoutLoss() throws Exception {
        Random random = new Random(SEED);
        Path saved = Files.createDirectory(folder.resolve("saved"));
        List<List<String>> histories = new ArrayList<>();
        int killedInMidSave = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            liveAndDie(saved, random.nextInt(LONGEST_LIFE_MILLIS), kill % 2 == 0 ? -1 : random.nextInt(5000));
            int unfinished = unfinished(saved);
            assertThat(unfinished).as("leftovers of one life").isLessThanOrEqualTo(1);
            killedInMidSave += unfinished;
            List<String> history = history(saved);
            assertThat(history)
                    .hasSizeGreaterThanOrEqualTo(
                            histories.isEmpty() ? 1 : last(histories).size());
            histories.add(history);
        }
        int steps = last(histories).size() + 1;
        CommandRunner end = CommandRunner.run(arguments(saved, steps, true).toArray(String[]::new));
        assertThat(end.code()).as(end.err()).isZero();
        assertThat(unfinished(saved)).isZero();

        Path whole = Files.createDirectory(folder.resolve("whole"));
        CommandRunner reference =
                CommandRunner.run(arguments(whole, steps, false).toArray(String[]::new));
        assertThat(reference.code()).as(reference.err()).isZero();
        List<String> expected = history(whole);
        assertThat(expected).hasSize(steps + 1);
        for (List<String> history : histories) {
            assertThat(history).isEqualTo(expected.subList(0, history.size()));
        }
        assertThat(history(saved)).isEqualTo(expected);
        assertThat(read(saved).network().params())
                .isEqualTo(read(whole).network().params());
        System.out.printf(
                "--save: %d kills, %d of them in mid-save, %d resumes with the same losses, %d steps%n",
                KILLS, killedInMidSave, histories.size(), steps);
    }

    /** Evaluates and saves at each of the steps. */
    private List<String> arguments(Path saved, int steps, boolean resume) {
        List<String> arguments = new ArrayList<>(List.of(
                "mnist-autoencoder",
                "--dataset",
                "curves",
                "--layers",
                "784-8-784",
                "--optimizers",
                "kfac",
                "--batch",
                "50"));
        arguments.addAll(List.of("--seconds", "3600", "--steps", String.valueOf(steps)));
        // two threads may share a sum out differently in each run, and so round it differently
        arguments.addAll(List.of("--threads", "1"));
        arguments.addAll(
                List.of("--evaluations", String.valueOf(steps), "--evaluation-size", "50", "--train-size", "500"));
        arguments.addAll(List.of("--out", folder.resolve("out").toString()));
        arguments.addAll(List.of(resume ? "--resume" : "--save", saved.toString()));
        return arguments;
    }

    private static Checkpoint<Model> read(Path saved) throws IOException {
        return Checkpoints.read(saved.resolve("kfac.zip"), Model.class);
    }

    /** Step and losses of each evaluation, exactly; the times differ. */
    private static List<String> history(Path saved) throws IOException {
        Map<String, String> notes = read(saved).notes();
        List<String> history = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(notes.get("rows")); i++) {
            String[] row = notes.get("row." + i).split(" ");
            history.add(String.join(" ", row[0], row[4], row[5], row[6], row[7]));
        }
        return history;
    }

    private static <T> T last(List<T> list) {
        return list.get(list.size() - 1);
    }

    private void liveAndDie(Path saved, int millis, int microsInSave) throws Exception {
        Path file = saved.resolve("kfac.zip");
        boolean resume = Files.exists(file);
        Object before = resume ? Files.readAttributes(file, "unix:ino").get("ino") : null;
        Path log = folder.resolve("log.txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName()));
        command.addAll(arguments(saved, 10_000, resume));
        Process run = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            while (run.isAlive()
                    && (!Files.exists(file)
                            || Files.readAttributes(file, "unix:ino").get("ino").equals(before))) {
                Thread.sleep(5);
            }
            Thread.sleep(millis);
            if (microsInSave >= 0) {
                while (run.isAlive() && unfinished(saved) == 0) {
                    Thread.onSpinWait();
                }
                long end = System.nanoTime() + 1000L * microsInSave;
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
            }
            assertThat(run.isAlive()).as(() -> content(log)).isTrue();
        } finally {
            run.destroyForcibly();
            assertThat(run.waitFor(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    private static String content(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static int unfinished(Path saved) throws IOException {
        try (var files = Files.list(saved)) {
            return (int) files.filter(file -> file.toString().endsWith(".unfinished"))
                    .count();
        }
    }
}
