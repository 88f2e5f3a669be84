package io.github.dl4jkfac.session;

import io.github.dl4jkfac.arrays.ArrayBytes;
import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.curvature.BatchStatistics;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.state.BlockState;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The share of a network's curvature that one owner keeps (Ba, Grosse, Martens 2017, sec. 4; the owners are those of KAISA, Pauloski and others 2021). What costs most to invert is given
 * out first, each to the owner who has least, so all who know the network and the number of owners know the shares. A share with no blocks does nothing.
 */
public final class OwnedCurvature {

    private final List<CurvatureGroup> groups;
    private final Map<BoundBlock, Integer> numbers;
    private final FlatMatrices places;
    private final SafeRefresh safe = new SafeRefresh();
    private final StagedRefresh staged;
    private INDArray work;

    /**
     * @param numbers of all blocks of the network
     * @param places of all its matrices; null if there are none
     */
    private OwnedCurvature(List<CurvatureGroup> groups, Map<BoundBlock, Integer> numbers, FlatMatrices places) {
        this.groups = groups;
        this.numbers = numbers;
        this.places = places;
        this.staged = new StagedRefresh(groups, safe, SpareCores.OF_MACHINE);
    }

    /**
     * Shares curvature out.
     *
     * @param all of the network
     * @param owners how many, at least one
     * @return a share for each owner
     */
    static List<OwnedCurvature> share(List<CurvatureGroup> all, int owners) {
        Map<BoundBlock, Integer> numbers = new IdentityHashMap<>();
        all.stream().flatMap(group -> group.members().stream()).forEach(block -> numbers.put(block, numbers.size()));
        FlatMatrices places = all.isEmpty() ? null : new FlatMatrices(all);
        return LongestFirst.share(all, CurvatureGroup::refreshFlops, owners).stream()
                .map(share -> new OwnedCurvature(share, numbers, places))
                .toList();
    }

    /** A number that grows whenever curvature changes. */
    static long version(List<CurvatureGroup> groups) {
        return groups.stream()
                .flatMap(group -> group.members().stream())
                .mapToLong(
                        member -> member.state().statistics() + member.state().refreshes())
                .sum();
    }

    /** The names of the blocks. */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        members().forEach(member -> names.add(member.plan().name()));
        return names;
    }

    private List<BoundBlock> members() {
        return groups.stream().flatMap(group -> group.members().stream()).toList();
    }

    /**
     * Folds a batch in; inverses that have been staged are put in force before.
     *
     * @param whole sums over all parts of the batch, of this share's blocks at least; null if it tells nothing of them
     * @return false if the statistics are not finite any more: then the share has to be read anew
     */
    public boolean fold(BatchStatistics whole) {
        if (whole == null) {
            return true;
        }
        staged.commit();
        groups.forEach(group -> group.fold(whole));
        return members().stream()
                .allMatch(member -> Finite.isFinite(member.state().kept()));
    }

    /**
     * Computes the inverses.
     *
     * @param dampings of all blocks of the network, in its order
     * @param later whether they are put in force when the next batch is folded in, and meanwhile computed in the background
     */
    public void refresh(List<Double> dampings, boolean later) {
        if (later) {
            staged.stage(block -> dampings.get(numbers.get(block)), 1, null);
            return;
        }
        for (CurvatureGroup group : groups) {
            Refresh refresh = group.stage(block -> dampings.get(numbers.get(block)));
            refresh.compute();
            safe.commit(group, refresh);
        }
    }

    /**
     * Writes all that the share keeps, bit for bit.
     *
     * @param out where to
     * @throws IOException if that fails
     */
    public void write(DataOutput out) throws IOException {
        for (BoundBlock member : members()) {
            ArrayBytes.write(member.state().kept(), false, out);
        }
    }

    /**
     * Takes over what {@link #write} of the same share has written, of a copy of the network.
     *
     * @param in where from
     * @throws IOException if that fails
     */
    public void read(DataInput in) throws IOException {
        staged.forget();
        for (BoundBlock member : members()) {
            INDArray kept = ArrayBytes.read(in);
            member.state().kept().assign(kept);
            kept.close();
        }
    }

    /**
     * Preconditions this share's gradients.
     *
     * @param gradients V, the matrices of all blocks of the network; not modified
     * @param out where U of this share's matrices is written to, with the counts of what has entered the curvature
     * @throws IOException if that fails
     */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    public void precondition(INDArray gradients, DataOutput out) throws IOException {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            if (work == null && !groups.isEmpty()) {
                work = Nd4j.createUninitialized(gradients.dataType(), largest());
            }
            for (CurvatureGroup group : groups) {
                group.solve(places.of(group, gradients), work);
                for (BoundBlock member : group.members()) {
                    out.writeLong(member.state().statistics());
                    out.writeLong(member.state().refreshes());
                }
                for (int i = 0; i < group.matrices().size(); i++) {
                    ArrayBytes.write(group.matrices().get(i).update(), false, out);
                }
            }
        }
    }

    private long largest() {
        return groups.stream()
                .flatMap(group -> group.matrices().stream())
                .mapToLong(matrix -> matrix.update().length())
                .max()
                .orElse(0);
    }

    /**
     * Takes over what {@link #precondition} of the same share has written. The counts are those of this copy of the network then, too; the
     * rest of its curvature stays as it is.
     *
     * @param in where from
     * @param updates U of all blocks of the network; this share's are overwritten
     * @throws IOException if that fails
     */
    public void readUpdates(DataInput in, INDArray updates) throws IOException {
        for (CurvatureGroup group : groups) {
            for (BoundBlock member : group.members()) {
                BlockState state = member.state();
                state.setStatistics(in.readLong());
                state.setRefreshes(in.readLong());
            }
            for (INDArray update : places.of(group, updates)) {
                INDArray read = ArrayBytes.read(in);
                update.assign(read);
                read.close();
            }
        }
    }
}
