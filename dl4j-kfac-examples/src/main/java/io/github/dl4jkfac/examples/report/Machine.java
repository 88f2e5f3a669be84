package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.solve.BlasThreads;
import io.github.dl4jkfac.solve.NativeFloor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.factory.Nd4j;

/** The machine and the software of a run, as far as times and rounding depend on them. */
final class Machine {

    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    /** Environment variables that choose kernels and threads. */
    private static final List<String> VARIABLES =
            List.of("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "ND4J_BACKEND");

    private Machine() {}

    static Map<String, Object> describe() {
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put("dl4j-kfac", version(Machine.class));
        machine.put("deeplearning4j", version(MultiLayerNetwork.class));
        machine.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
        machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put("processor", processor());
        machine.put("cores", Runtime.getRuntime().availableProcessors());
        machine.put("heap_bytes", Runtime.getRuntime().maxMemory());
        machine.put("backend", Nd4j.getBackend().getClass().getSimpleName());
        machine.put("linear_algebra", NativeFloor.describe());
        machine.put("blas_threads", BlasThreads.get());
        VARIABLES.forEach(
                name -> Optional.ofNullable(System.getenv(name)).ifPresent(value -> machine.put(name, value)));
        return machine;
    }

    private static String version(Class<?> type) {
        String version = type.getPackage().getImplementationVersion();
        return version == null ? "unknown" : version;
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(PROCESSORS)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElseGet(Machine::architecture);
        } catch (IOException e) {
            return architecture(); // other systems have no such file
        }
    }

    private static String architecture() {
        return Optional.ofNullable(System.getenv("PROCESSOR_IDENTIFIER")).orElse(System.getProperty("os.arch"));
    }
}
