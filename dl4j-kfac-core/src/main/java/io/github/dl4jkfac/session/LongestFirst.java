package io.github.dl4jkfac.session;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Shares work out so that all have about as much (Graham 1969): what takes longest first, each piece to whoever has least. */
final class LongestFirst {

    private LongestFirst() {}

    /**
     * Shares work out.
     *
     * @param pieces the work
     * @param cost of a piece
     * @param shares how many, at least one
     * @return the shares, some of them perhaps empty; the same whenever pieces and costs are the same
     */
    static <T> List<List<T>> share(List<T> pieces, ToDoubleFunction<T> cost, int shares) {
        List<List<T>> all = new ArrayList<>();
        for (int i = 0; i < shares; i++) {
            all.add(new ArrayList<>());
        }
        double[] load = new double[shares];
        for (T piece : order(pieces, cost)) {
            int least = 0;
            for (int i = 1; i < shares; i++) {
                least = load[i] < load[least] ? i : least;
            }
            load[least] += cost.applyAsDouble(piece);
            all.get(least).add(piece);
        }
        return all;
    }

    /** The pieces from the longest to the shortest. */
    static <T> List<T> order(List<T> pieces, ToDoubleFunction<T> cost) {
        return pieces.stream()
                .sorted(Comparator.comparingDouble(piece -> -cost.applyAsDouble(piece)))
                .toList();
    }
}
