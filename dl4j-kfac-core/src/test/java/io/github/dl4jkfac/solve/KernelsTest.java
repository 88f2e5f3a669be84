package io.github.dl4jkfac.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * {@link KernelsProgram} on the OpenBLAS that Deeplearning4j brings and on the one this library asks for, with kernels of
 * several generations, in processes of their own: a crash would take this one along. All give the same results.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KernelsTest {

    private static final Path OLD_JARS = Path.of("target", "old-openblas");
    private static final String DEFAULT = "default";

    private Map<String, String> reference;

    @BeforeAll
    void requireX86AndComputeTheReference() throws Exception {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "these kernels are for x86-64");
        assumeTrue(Files.isDirectory(OLD_JARS), "the old OpenBLAS is copied by the build on x86-64 only");
        assumeTrue(level() >= 2, "the processor has no AVX2");
        reference = run("new", "Haswell", 1);
    }

    /** 2 for AVX2, 3 for AVX-512. */
    private static int level() {
        Nd4j.getExecutioner(); // ND4J starts by this class only
        return NativeOpsHolder.getInstance().getDeviceNativeOps().optimalLevel();
    }

    /**
     * Both libraries with all kernels, and all kernels with one thread and with two; new, Haswell, 1 is the reference. All other tests run
     * on what the new library chooses by itself.
     */
    @ParameterizedTest
    @CsvSource({
        "old, default, 2",
        "old, Prescott, 1",
        "new, Prescott, 2",
        "old, Haswell, 2",
        "old, SkylakeX, 1",
        "new, SkylakeX, 2"
    })
    void resultsAreTheSame(String library, String kernels, int threads) throws Exception {
        assumeTrue(!kernels.equals("SkylakeX") || level() >= 3, "the processor has no AVX-512");

        Map<String, String> figures = run(library, kernels, threads);

        assertThat(figures.keySet()).isEqualTo(reference.keySet());
        figures.forEach((name, figure) -> {
            if (name.startsWith("order")) {
                assertThat(Double.parseDouble(figure)).as(name).isLessThan(1e-5);
            } else if (name.startsWith("float")) {
                assertClose(name, figure, 1e-3);
            } else if (name.endsWith("kfac")) {
                assertClose(name, figure, 1e-8);
            }
        });
        boolean wrongForDouble = library.equals("old") && kernels.equals("SkylakeX");
        if (!kernels.equals(DEFAULT)) {
            assertThat(figures.get("solver").contains("for DOUBLE")).isEqualTo(wrongForDouble);
            assertThat(figures.get("warning")).isEqualTo(Boolean.toString(kernels.equals("Prescott")));
        }
    }

    private void assertClose(String name, String figure, double relative) {
        double expected = Double.parseDouble(reference.get(name));
        assertThat(Double.parseDouble(figure)).as(name).isCloseTo(expected, within(relative * expected));
    }

    private static Map<String, String> run(String library, String kernels, int threads)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx1g",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-XX:-CreateCoredumpOnCrash",
                        "-XX:ErrorFile=" + Path.of("target", "kernels-crash.log"),
                        "-cp",
                        classPath(library),
                        KernelsProgram.class.getName())
                .redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("OPENBLAS_"));
        if (!kernels.equals(DEFAULT)) {
            environment.put("OPENBLAS_CORETYPE", kernels);
        }
        environment.put("OMP_NUM_THREADS", Integer.toString(threads));
        environment.put("OMP_WAIT_POLICY", "PASSIVE");
        Process process = builder.start();
        List<String> output;
        try (Stream<String> lines = process.inputReader().lines()) {
            output = lines.toList();
        }
        assertThat(process.waitFor()).as(String.join("\n", output)).isZero();
        Map<String, String> figures = new TreeMap<>();
        for (String line : output) {
            int blank = line.indexOf(' ');
            if (line.matches("(floor|warning|solver|float\\d+|e?kfac|order\\d+) .*")) {
                figures.put(line.substring(0, blank), line.substring(blank + 1));
            }
        }
        return figures;
    }

    /** Surefire starts this JVM with a jar that has nothing but a manifest, and leaves the class path in a property. */
    private static String classPath(String library) throws IOException {
        String here = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        if (library.equals("new")) {
            return here;
        }
        List<String> parts = new ArrayList<>();
        try (Stream<Path> jars = Files.list(OLD_JARS)) {
            jars.map(Path::toString).forEach(parts::add);
        }
        Arrays.stream(here.split(File.pathSeparator))
                .filter(part -> !part.matches(".*[/\\\\](openblas|javacpp)-[\\d.][^/\\\\]*\\.jar"))
                .forEach(parts::add);
        return parts.stream().collect(Collectors.joining(File.pathSeparator));
    }
}
