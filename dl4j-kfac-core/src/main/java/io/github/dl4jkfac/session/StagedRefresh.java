package io.github.dl4jkfac.session;

import io.github.dl4jkfac.curvature.Refresh;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * A refresh that is staged at one statistics step and put in force at the next one, before that step's batch enters: in between the statistics stay as they are, so
 * anybody may compute it at any time. What was staged, and with which damping, is in the updater state; so it can be staged again, by a training
 * that was killed and goes on, or after a step was taken back, and comes to the same bits.
 */
final class StagedRefresh {

    private final List<CurvatureGroup> groups;
    private final SafeRefresh safe;
    private final SpareCores cores;
    private List<Staged> staged = List.of();

    /** The tasks of the steps to come, those of the next one first. */
    private List<List<Runnable>> ofSteps = new ArrayList<>();

    /**
     * @param safe puts in force what has been computed
     * @param cores compute, if there are any; otherwise it is done step by step
     */
    StagedRefresh(List<CurvatureGroup> groups, SafeRefresh safe, SpareCores cores) {
        this.safe = safe;
        this.groups = groups;
        this.cores = cores;
    }

    /** What the refresh of a group was staged from. */
    private record Source(List<Number> numbers) {

        static Source of(CurvatureGroup group) {
            List<Number> numbers = new ArrayList<>();
            for (BoundBlock member : group.members()) {
                numbers.add(member.state().statistics());
                numbers.add(member.state().refreshes());
                numbers.add(member.state().stagedDamping());
            }
            return new Source(numbers);
        }
    }

    private record Staged(CurvatureGroup group, Source source, Refresh refresh, FutureTask<Void> task) {

        static Staged of(CurvatureGroup group) {
            Refresh refresh = group.stage(member -> member.state().stagedDamping());
            return new Staged(group, Source.of(group), refresh, new FutureTask<>(refresh::compute, null));
        }

        /** Computes it unless somebody has, or waits for whoever does. */
        Refresh computed() {
            task.run();
            try {
                task.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("Interrupted while inverses are being computed", e);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) e.getCause(); // compute() declares no others
            }
            return refresh;
        }
    }

    /**
     * Stages a refresh of all groups, and has it computed.
     *
     * @param damping of each block; it goes through the updater state, and is rounded to its type
     * @param steps how many steps there are until it is put in force, this one included
     * @param helpers compute it at once; null for nobody
     */
    void stage(ToDoubleFunction<BoundBlock> damping, int steps, Consumer<List<Runnable>> helpers) {
        for (CurvatureGroup group : groups) {
            group.members().forEach(member -> member.state().setStagedDamping(damping.applyAsDouble(member)));
        }
        staged = groups.stream().map(Staged::of).toList();
        ToDoubleFunction<Staged> cost = one -> one.group.refreshFlops();
        List<Runnable> longestFirst = tasks(LongestFirst.order(staged, cost));
        ofSteps = new ArrayList<>();
        if (helpers != null) {
            helpers.accept(longestFirst);
        } else if (!cores.run(longestFirst)) {
            LongestFirst.share(staged, cost, steps).forEach(ofStep -> ofSteps.add(tasks(ofStep)));
        }
    }

    private static List<Runnable> tasks(List<Staged> some) {
        return some.stream().map(one -> (Runnable) one.task).toList();
    }

    /** Whether something falls to the present step. */
    boolean hasWork() {
        return !ofSteps.isEmpty();
    }

    /** Computes what falls to the present step, if nobody else does it. */
    void advance() {
        if (hasWork()) {
            ofSteps.remove(0).forEach(Runnable::run);
        }
    }

    /** Puts in force what the updater state says is staged. */
    void commit() {
        for (CurvatureGroup group : groups) {
            if (isStaged(group)) {
                Source source = Source.of(group);
                Refresh refresh = staged.stream()
                        .filter(one -> one.group == group && one.source.equals(source))
                        .findFirst()
                        .orElseGet(() -> Staged.of(group))
                        .computed();
                group.members().forEach(member -> member.state().clearStagedDamping());
                safe.commit(group, refresh);
            }
        }
        forget();
    }

    private static boolean isStaged(CurvatureGroup group) {
        return group.members().get(0).state().hasStagedDamping();
    }

    /** Lets go of what has been computed, since the curvature is another one now. */
    void forget() {
        staged = List.of();
        ofSteps.clear();
    }
}
