package io.github.dl4jkfac.examples.training;

import java.lang.management.ManagementFactory;

/** Wall-clock and processor time of the stretches between {@link #start()} and {@link #stop()}. */
public final class TrainingClock {

    private static final com.sun.management.OperatingSystemMXBean SYSTEM =
            (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private double seconds;
    private double cpuSeconds;
    private long startedNanos;
    private long startedCpuNanos;

    /**
     * @param seconds wall-clock so far
     * @param cpuSeconds processor time so far
     */
    public TrainingClock(double seconds, double cpuSeconds) {
        this.seconds = seconds;
        this.cpuSeconds = cpuSeconds;
    }

    public void start() {
        startedCpuNanos = SYSTEM.getProcessCpuTime();
        startedNanos = System.nanoTime();
    }

    public void stop() {
        seconds += (System.nanoTime() - startedNanos) / 1e9;
        cpuSeconds += (SYSTEM.getProcessCpuTime() - startedCpuNanos) / 1e9;
    }

    public double seconds() {
        return seconds;
    }

    public double cpuSeconds() {
        return cpuSeconds;
    }
}
