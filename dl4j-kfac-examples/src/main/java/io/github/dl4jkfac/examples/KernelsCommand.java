package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.kernels.KernelStudy;
import io.github.dl4jkfac.examples.report.OutputFolder;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures the linear algebra of a step. */
@Command(
        name = "kernels",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Measures by JMH what statistics, inverses, eigenvectors and preconditioning cost, beside a matrix product of "
                        + "the same size.")
final class KernelsCommand implements Callable<Integer> {

    private static final int MOST = 20_000;

    @Option(
            names = "--sizes",
            split = ",",
            paramLabel = "N",
            defaultValue = "257,513,1001,2049",
            description = "Sides of the factors. Default: ${DEFAULT-VALUE}.")
    private List<Integer> sizes;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "Threads of BLAS. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(
            names = "--seconds",
            paramLabel = "X",
            defaultValue = "1",
            description = "Seconds of each of five measurements. Default: ${DEFAULT-VALUE}.")
    private double seconds;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "out/kernels",
            description = "Folder for kernels.csv. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter terminal = spec.commandLine().getOut();
        sizes.forEach(size -> Checks.within("--sizes", size, 2, MOST));
        Checks.within("--threads", threads, 1, 1024);
        Checks.positive("--seconds", seconds);
        OutputFolder.prepare(out, "--out");
        try {
            terminal.print(
                    KernelStudy.markdown(new KernelStudy(sizes, threads, seconds).run(out.resolve("kernels.csv"))));
        } catch (RunnerException e) {
            throw new UserError("The kernels could not be measured: " + e.getMessage(), e);
        }
        terminal.println("written to " + out);
        terminal.flush();
        return 0;
    }
}
