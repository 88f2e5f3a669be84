package io.github.dl4jkfac.examples.commandline;

import java.util.Arrays;

/** A program that tells how it was started, then waits if asked to. */
final class RelaunchProbe {

    private RelaunchProbe() {}

    public static void main(String[] args) throws InterruptedException {
        Relaunch.withSleepingThreads(RelaunchProbe.class, args);
        System.out.println(ProcessHandle.current().pid());
        System.out.println(System.getenv("OMP_WAIT_POLICY"));
        System.out.println(System.getProperty("probe"));
        System.out.println(Arrays.toString(args));
        if (args.length > 0 && args[0].equals("wait")) {
            Thread.sleep(60_000);
        }
        System.exit(7);
    }
}
