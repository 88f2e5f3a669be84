package io.github.dl4jkfac.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFac;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Executors that are processes of their own. */
class LocalClusterTest {

    private static final List<String> DIRECTORIES = new ArrayList<>();

    /** Spark starts executors with the jars of its home folder, and no others. */
    @BeforeAll
    static void makeSparkHome() throws IOException {
        Path home = Path.of(System.getenv("SPARK_HOME"));
        Path jars = Files.createDirectories(home.resolve("jars"));
        Files.writeString(home.resolve("RELEASE"), "");
        for (String place : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path entry = Path.of(place).toAbsolutePath();
            if (Files.isDirectory(entry)) {
                DIRECTORIES.add(entry.toString());
            } else if (Files.exists(entry)) {
                try {
                    Files.createSymbolicLink(jars.resolve(entry.getFileName()), entry);
                } catch (FileAlreadyExistsException e) {
                    // of an earlier run
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void anExecutorThatDiesInTheMiddleOfAStepChangesNothing(
            Reduction reduction, @TempDir Path orders, @TempDir Path folder) throws IOException {
        Model expected = TestTraining.network(new KFac(), new HaltingTanh());
        TestTraining.inThreads(expected, 2);

        Model leader = TestTraining.network(new KFac(), new HaltingTanh());
        List<Integer> deaths = List.of(2, 7, OwnerStates.CHANGES);
        leader.addListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                if (deaths.contains(iteration)) {
                    give(orders.resolve("halt-" + iteration));
                }
            }
        });
        try (JavaSparkContext spark = new JavaSparkContext(settings(orders))) {
            SparkKFac.builder(spark, leader)
                    .reduction(reduction)
                    .checkpoints(folder.toUri().toString(), 100)
                    .build()
                    .fit(TestTraining.data(spark), 2);
        }
        assertThat(orders).as("orders that nobody has taken").isEmptyDirectory();
        assertThat(leader.params()).isEqualTo(expected.params());
    }

    private static void give(Path order) {
        try {
            Files.createFile(order);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SparkConf settings(Path orders) {
        return TestTraining.settings("local-cluster[2,1,1024]")
                .set("spark.executor.extraClassPath", String.join(File.pathSeparator, DIRECTORIES))
                .set("spark.executor.memory", "1g")
                .set(
                        "spark.executor.extraJavaOptions",
                        "-XX:TieredStopAtLevel=1 -D" + HaltingTanh.FOLDER + "=" + orders)
                .set("spark.executorEnv.OMP_NUM_THREADS", "1");
    }
}
