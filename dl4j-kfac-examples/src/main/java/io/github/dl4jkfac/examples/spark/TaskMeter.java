package io.github.dl4jkfac.examples.spark;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.spark.executor.TaskMetrics;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerBlockUpdated;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** Adds up what Spark tells of its tasks: how long they took, and how many bytes they sent. */
final class TaskMeter extends SparkListener {

    private static final double MILLIS = 1e-3;

    private final Map<Integer, Double> slowest = new HashMap<>();
    private final Set<String> broadcasts = new HashSet<>();
    private double resultBytes;
    private double shuffleBytes;
    private double broadcastBytes;

    @Override
    public synchronized void onTaskEnd(SparkListenerTaskEnd end) {
        TaskMetrics metrics = end.taskMetrics();
        slowest.merge(end.stageId(), metrics.executorRunTime() * MILLIS, Math::max);
        resultBytes += metrics.resultSize();
        shuffleBytes += metrics.shuffleWriteMetrics().bytesWritten();
    }

    /** Pieces of broadcasts, as they are sent. */
    @Override
    public synchronized void onBlockUpdated(SparkListenerBlockUpdated update) {
        String name = update.blockUpdatedInfo().blockId().name();
        boolean isNew = update.blockUpdatedInfo().storageLevel().isValid(); // otherwise it is removed
        if (isNew && name.startsWith("broadcast_") && name.contains("piece") && broadcasts.add(name)) {
            broadcastBytes += update.blockUpdatedInfo().memSize()
                    + update.blockUpdatedInfo().diskSize();
        }
    }

    /** Seconds of the slowest task of each stage, added up. */
    synchronized double slowestTasks() {
        return slowest.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    /** What tasks have sent to the driver. */
    synchronized double resultBytes() {
        return resultBytes;
    }

    /** What tasks have sent to the tasks of the next stage. */
    synchronized double shuffleBytes() {
        return shuffleBytes;
    }

    /** What the driver has sent to the executors, each counted once. */
    synchronized double broadcastBytes() {
        return broadcastBytes;
    }
}
