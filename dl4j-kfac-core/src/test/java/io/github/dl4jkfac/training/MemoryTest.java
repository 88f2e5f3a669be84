package io.github.dl4jkfac.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.testing.Fixtures;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Training does not eat memory, on the heap or off it. */
@Tag("training")
class MemoryTest {

    private static final int WARM_UP = 100;
    private static final int STEPS = 250;

    /** Most that native memory in use may have grown by over {@value #STEPS} steps. */
    private static final long OFF_HEAP_BOUND = 2L << 20;

    /**
     * The same for the heap: 16 KiB per step, since ND4J's own queue of arrays to be freed has been seen to hold 10 KiB per step after
     * a collection.
     */
    private static final long HEAP_BOUND = 4L << 20;

    /** The same for the process's resident memory outside of the Java heap, which grows as it likes. */
    private static final long RESIDENT_BOUND = 32L << 20;

    private static final int MOST_ROUNDS = 20;

    @Test
    void memoryIsFlatOverHundredsOfSteps() throws InterruptedException {
        List<DataSet> batches = Fixtures.batches(DataType.FLOAT, 20);
        // a single matrix of the second layer that each step leaves behind is more than the bound off the heap
        MultiLayerNetwork net = Fixtures.started(Fixtures.base(Fixtures.kfac().build(), DataType.FLOAT)
                .list()
                .layer(Fixtures.dense(Fixtures.FEATURES, 48))
                .layer(Fixtures.dense(48, 48))
                .layer(Fixtures.output(48))
                .build());
        KFacListener listener = KFacListener.attach(net);
        fit(net, batches, WARM_UP);
        Usage before = Usage.now();
        fit(net, batches, STEPS);
        Usage after = Usage.now();
        // on a busy machine ND4J's thread lags behind; what is held for good it never frees
        for (int round = 0; round < MOST_ROUNDS && !after.isWithinBounds(before); round++) {
            after = Usage.now();
        }

        assertThat(listener.report(net).steps()).isEqualTo(WARM_UP + STEPS);
        assertThat(after.heap - before.heap).as("heap").isLessThan(HEAP_BOUND);
        assertThat(after.offHeap - before.offHeap).as("off-heap").isLessThan(OFF_HEAP_BOUND);
        assertThat(after.resident - before.resident).as("resident").isLessThan(RESIDENT_BOUND);
        assertThat(after.workspaces).as("workspaces").isEqualTo(before.workspaces);
    }

    private static void fit(MultiLayerNetwork net, List<DataSet> batches, int steps) {
        for (int step = 0; step < steps; step++) {
            net.fit(batches.get(step % batches.size()));
        }
    }

    private record Usage(long heap, long offHeap, long resident, int workspaces) {

        boolean isWithinBounds(Usage before) {
            return heap - before.heap < HEAP_BOUND
                    && offHeap - before.offHeap < OFF_HEAP_BOUND
                    && resident - before.resident < RESIDENT_BOUND;
        }

        static Usage now() throws InterruptedException {
            // ND4J frees native memory in a thread of its own, once the Java object has been collected; wait until that
            // is over
            long heap = Long.MAX_VALUE;
            for (int calm = 0, round = 0; calm < 3 && round < 30; round++) {
                System.gc();
                Thread.sleep(200);
                long used = heapInUse();
                calm = used > heap - (256 << 10) ? calm + 1 : 0;
                heap = Math.min(heap, used);
            }
            return new Usage(
                    heap,
                    Pointer.totalBytes(),
                    Pointer.physicalBytes() - Runtime.getRuntime().totalMemory(),
                    Nd4j.getWorkspaceManager()
                            .getAllWorkspacesForCurrentThread()
                            .size());
        }

        private static long heapInUse() {
            Runtime runtime = Runtime.getRuntime();
            return runtime.totalMemory() - runtime.freeMemory();
        }
    }
}
