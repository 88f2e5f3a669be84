package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.CurvatureOwners.Order;
import io.github.dl4jkfac.session.OwnedCurvature;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The curvature that owners keep, as an RDD with one element for each of them. Every change makes a new one of the last; Spark makes one anew from those before
 * it if an executor is lost. Every so many changes it is written to Spark's checkpoint folder, so that Spark has to go back no further, and
 * what was needed for that is freed. The state before the last change stays at hand, for a step that is taken back.
 */
final class OwnerStates {

    private static final Logger LOG = LoggerFactory.getLogger(OwnerStates.class);

    /** Changes from one checkpoint to the next. */
    static final int CHANGES = 10;

    private final Copies copies;
    private final int owners;
    private final List<OwnedCurvature> curvature;
    private final Deque<String> files = new ArrayDeque<>();

    private Kept present;
    private Kept last;
    private JavaRDD<OwnerSum> folded;
    private List<Broadcast<?>> needed = new ArrayList<>();
    private List<Broadcast<?>> neededBefore = new ArrayList<>();
    private long serial;

    /** @param version of the curvature, as the driver counts it */
    private record Kept(JavaRDD<OwnerState> states, long version) {

        void free() {
            states.unpersist(false);
        }
    }

    /** @param curvature of the driver's network, whose present state the owners start with */
    OwnerStates(Copies copies, int owners, List<OwnedCurvature> curvature) {
        this.copies = copies;
        this.owners = owners;
        this.curvature = curvature;
        List<OwnerState> first = new ArrayList<>();
        for (int owner = 0; owner < owners; owner++) {
            first.add(new OwnerState(owner, serial, Bytes.of(curvature.get(owner)::write)));
        }
        // a list given to Spark would travel with every task, a broadcast travels once
        Broadcast<List<OwnerState>> shared = copies.spark().broadcast(first);
        needed.add(shared);
        JavaRDD<OwnerState> states = copies.spark()
                .parallelize(IntStream.range(0, owners).boxed().toList(), owners)
                .map(owner -> shared.value().get(owner));
        present = new Kept(states.persist(StorageLevel.MEMORY_AND_DISK()), version());
    }

    private long version() {
        return copies.step().curvatureVersion();
    }

    JavaRDD<OwnerState> present() {
        return present.states;
    }

    /**
     * Goes back by one change if the driver has taken it back.
     *
     * @throws IllegalStateException if the driver's curvature is another one than the owners'
     */
    void goOnFrom(long version) {
        if (present.version != version && last != null && last.version == version) {
            takeBack();
        }
        if (present.version != version) {
            throw new IllegalStateException("The updater state was changed between two steps, which Reduction.SHUFFLE"
                    + " cannot follow: the curvature is with the executors. Train with Reduction.DRIVER");
        }
    }

    void change(JavaRDD<OwnerSum> sums, Order order) {
        serial++;
        JavaRDD<OwnerState> next = present.states
                .zipPartitions(sums, new ChangeTask(copies.network(), owners, order, serial))
                .persist(StorageLevel.MEMORY_AND_DISK());
        if (serial % CHANGES == 0) {
            next.checkpoint();
        }
        if (last != null) {
            last.free();
        }
        last = present;
        present = new Kept(next, order.version());
        folded = sums;
    }

    void takeBack() {
        present.free();
        present = last;
        last = null;
    }

    /** The change, if there was one, has been made: the driver knows its version. */
    void settle() {
        JavaRDD<OwnerState> states = present.states;
        present = new Kept(states, version());
        if (states.isCheckpointed() && states.getCheckpointFile().isPresent()) {
            String file = states.getCheckpointFile().get();
            if (!file.equals(files.peekLast())) {
                files.add(file);
                neededBefore.forEach(Broadcast::destroy);
                neededBefore = needed;
                needed = new ArrayList<>();
                if (files.size() > 2) {
                    delete(files.poll());
                }
            }
        }
    }

    /** Whether a change was made of these sums. */
    boolean needs(JavaRDD<OwnerSum> sums) {
        return folded == sums;
    }

    /** Keeps what Spark needs to make the states anew. */
    void keep(Broadcast<?> data) {
        needed.add(data);
    }

    /** Brings the curvature into the driver's network. */
    void gather() {
        for (OwnerState state : present.states.collect()) {
            Bytes.read(state.bytes(), in -> {
                curvature.get(state.owner()).read(in);
                return null;
            });
        }
    }

    void close() {
        present.free();
        if (last != null) {
            last.free();
        }
        needed.forEach(Broadcast::destroy);
        neededBefore.forEach(Broadcast::destroy);
        files.forEach(this::delete);
    }

    private void delete(String file) {
        try {
            Path path = new Path(file);
            path.getFileSystem(copies.spark().hadoopConfiguration()).delete(path, true);
        } catch (IOException e) {
            LOG.warn("'{}', which is not needed any more, could not be deleted: {}", file, e.getMessage());
        }
    }
}
