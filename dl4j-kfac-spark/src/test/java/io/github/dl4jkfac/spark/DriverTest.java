package io.github.dl4jkfac.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFac;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Drivers that are processes of their own, and end in the middle of a training. */
class DriverTest {

    private static final int EPOCHS = 3;
    private static final int EXIT = 9;

    /** A driver that ends itself, with all its executors, in the ninth step. */
    public static final class Doomed {

        private Doomed() {}

        /** @param arguments the reduction and the folder of the checkpoints */
        public static void main(String[] arguments) {
            Model leader = TestTraining.network(new KFac());
            leader.addListeners(new BaseTrainingListener() {
                @Override
                public void iterationDone(Model model, int iteration, int epoch) {
                    if (iteration == 8) {
                        Runtime.getRuntime().halt(EXIT);
                    }
                }
            });
            train(leader, Reduction.valueOf(arguments[0]), Path.of(arguments[1]));
        }
    }

    private static Model train(Model leader, Reduction reduction, Path folder) {
        try (JavaSparkContext spark = new JavaSparkContext(TestTraining.settings("local[2]"))) {
            return SparkKFac.builder(spark, leader)
                    .reduction(reduction)
                    .checkpoints(folder.toUri().toString(), 3)
                    .build()
                    .fit(TestTraining.data(spark), EPOCHS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDriverThatDiesIsFollowedByOneThatGoesOn(
            Reduction reduction, @TempDir Path folder, @TempDir Path another, @TempDir Path logs) throws Exception {
        MultiLayerNetwork whole = (MultiLayerNetwork) train(TestTraining.network(new KFac()), reduction, another);

        Path log = logs.resolve("driver.log");
        Process driver = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Doomed.class.getName(),
                        reduction.name(),
                        folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(driver.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(driver.exitValue()).as(() -> text(log)).isEqualTo(EXIT);

        MultiLayerNetwork resumed = (MultiLayerNetwork) train(TestTraining.network(new KFac()), reduction, folder);
        assertThat(resumed.getIterationCount()).isEqualTo(EPOCHS * TestTraining.ROUNDS);
        assertThat(resumed.params()).isEqualTo(whole.params());
        assertThat(resumed.getUpdater().getStateViewArray())
                .isEqualTo(whole.getUpdater().getStateViewArray());
    }

    private static String text(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.getMessage();
        }
    }
}
