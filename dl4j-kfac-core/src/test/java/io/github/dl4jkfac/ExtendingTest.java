package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.testing.Fixtures;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The mapper, the block and the provider of the page on extending, compiled from the page and at work. */
class ExtendingTest {

    @TempDir
    Path module;

    /** In a process of its own: providers are looked for once. */
    @Test
    void theExampleIsFoundAndTrains() throws Exception {
        Path page = Pages.ROOT.resolve("docs/extending.md");
        assertThat(SnippetCompiler.compile(Pages.snippets(page, "java"), module))
                .isEmpty();
        Path services = Files.createDirectories(module.resolve("META-INF/services"));
        Files.writeString(
                services.resolve("io.github.dl4jkfac.capture.layers.RowMapperProvider"),
                "EncoderProvider\nNobodysProvider\n");
        Path log = module.resolve("log.txt");
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx1g",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        module + File.pathSeparator + SnippetCompiler.classPath(),
                        Program.class.getName(),
                        module.resolve("net.zip").toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        int code = program.waitFor();
        String said = Files.readString(log);
        assertThat(code).as(said).isZero();
        assertThat(said)
                .containsPattern("0 +FisherDiagonal +" + (Fixtures.FEATURES + 1) + " +5")
                .contains("A mapper of rows is left out: ", "NobodysProvider")
                .contains("the loss falls")
                .contains("resumed bit for bit");
    }

    /** What a user's program does who has the module on the class path. */
    static final class Program {

        private Program() {}

        /** @param arguments a file to save to */
        public static void main(String[] arguments) throws Exception {
            MultiLayerNetwork net = Fixtures.started(Fixtures.base(new KFac(), DataType.DOUBLE)
                    .list()
                    .layer(new AutoEncoder.Builder()
                            .nIn(Fixtures.FEATURES)
                            .nOut(5)
                            .activation(Activation.TANH)
                            .build())
                    .layer(Fixtures.output(5))
                    .build());
            KFacListener.attach(net);
            System.out.println(BlockTable.text(KFacListener.blocks(net)));
            double before = net.score(Fixtures.batch(DataType.DOUBLE, 50, 1));
            Fixtures.fit(net, Fixtures.batches(DataType.DOUBLE, 10));
            System.out.println(
                    net.score(Fixtures.batch(DataType.DOUBLE, 50, 1)) < before ? "the loss falls" : "no use");
            File file = new File(arguments[0]);
            net.save(file, true);
            MultiLayerNetwork resumed = MultiLayerNetwork.load(file, true);
            KFacListener.attach(resumed);
            Fixtures.fit(net, Fixtures.batches(DataType.DOUBLE, 3));
            Fixtures.fit(resumed, Fixtures.batches(DataType.DOUBLE, 3));
            INDArray expected = net.params();
            System.out.println(Fixtures.sameBits(resumed.params(), expected) ? "resumed bit for bit" : "differs");
        }
    }
}
