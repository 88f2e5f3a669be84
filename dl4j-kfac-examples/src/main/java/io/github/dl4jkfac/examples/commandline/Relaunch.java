package io.github.dl4jkfac.examples.commandline;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Starts the program anew with {@code OMP_WAIT_POLICY=PASSIVE} in its environment, which OpenMP reads before any line of
 * Java can set it. Without it, ND4J's idle threads spin on the cores that the threads of OpenBLAS need, and a step on
 * two cores takes longer than on one.
 *
 * <p>The first JVM does nothing but wait for the second, whose input, output and exit code are its own, and neither
 * outlives the other. Whoever has set the variable, to whatever value, gets no second JVM.
 */
public final class Relaunch {

    private static final String VARIABLE = "OMP_WAIT_POLICY";

    /** System property of the second JVM: the process id of the first. */
    private static final String LAUNCHER = "dl4jkfac.examples.launcher";

    private static final long WATCH_MILLIS = 100;

    /** Two JVMs cannot both have these: debuggers and profilers, and ports. */
    private static final List<String> ONE_PROCESS_ONLY =
            List.of("-agentlib:", "-agentpath:", "-Xrun", "-Dcom.sun.management.jmxremote.port=");

    private Relaunch() {}

    /**
     * Runs the program in a second JVM where that is called for, and then ends this one with the other's exit code. Returns
     * in the JVM that is to do the work.
     *
     * @param main the program's entry point, as started
     * @param args its arguments
     */
    public static void withSleepingThreads(Class<?> main, String[] args) {
        Long launcher = Long.getLong(LAUNCHER);
        if (launcher != null) {
            endWith(launcher);
            return;
        }
        List<String> jvm = ManagementFactory.getRuntimeMXBean().getInputArguments();
        if (System.getenv(VARIABLE) != null || jvm.stream().anyMatch(Relaunch::isForOneProcess)) {
            return;
        }
        Process program;
        try {
            ProcessBuilder builder = new ProcessBuilder(command(main, jvm, args)).inheritIO();
            builder.environment().put(VARIABLE, "PASSIVE");
            program = builder.start();
        } catch (IOException e) {
            // The same program, slower: no reason to fail.
            return;
        }
        System.exit(await(program));
    }

    private static boolean isForOneProcess(String option) {
        return ONE_PROCESS_ONLY.stream().anyMatch(option::startsWith);
    }

    private static List<String> command(Class<?> main, List<String> jvm, String[] args) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current()
                .info()
                .command()
                .orElse(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(jvm);
        command.add("-D" + LAUNCHER + "=" + ProcessHandle.current().pid());
        String classPath = System.getProperty("java.class.path");
        if (wasStartedAsJar(classPath)) {
            command.addAll(List.of("-jar", classPath));
        } else {
            command.addAll(List.of("-cp", classPath, main.getName()));
        }
        command.addAll(Arrays.asList(args));
        return command;
    }

    /** A jar's manifest grants what a class path does not, so a jar is started as a jar again. */
    private static boolean wasStartedAsJar(String classPath) {
        String command = System.getProperty("sun.java.command", "");
        return command.equals(classPath) || command.startsWith(classPath + " ");
    }

    /** Waits for the program to end, and ends it if this JVM is told to end first. */
    private static int await(Process program) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            program.destroy();
            waitFor(program);
        }));
        return waitFor(program);
    }

    private static int waitFor(Process program) {
        while (true) {
            try {
                return program.waitFor();
            } catch (InterruptedException e) {
                // Nobody has a reason to interrupt; what ends this JVM is a signal.
            }
        }
    }

    /** Ends this JVM at once when the process that started it is gone, which may have been killed without a word. */
    private static void endWith(long launcher) {
        Optional<ProcessHandle> first = ProcessHandle.of(launcher);
        Thread watch = new Thread(
                () -> {
                    try {
                        while (first.isPresent() && first.get().isAlive()) {
                            Thread.sleep(WATCH_MILLIS);
                        }
                        Runtime.getRuntime().halt(1);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "launcher-watch");
        watch.setDaemon(true);
        watch.start();
    }
}
