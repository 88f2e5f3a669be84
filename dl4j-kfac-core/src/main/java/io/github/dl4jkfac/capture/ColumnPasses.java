package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.capture.layers.Samples;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.rng.Random;

/**
 * The exact second moment of the outputs' derivatives, by one second pass for each column of their factors B. What the passes tell is
 * put together as if it came from as many times more samples; the layers' inputs, which are the same in all passes, are kept once.
 */
final class ColumnPasses {

    private final NetworkView network;
    private final Samples samples;
    private final List<OutputSignal> columns;
    private final Map<LayerSlot, List<StackedDerivatives>> stacks = new IdentityHashMap<>();

    /**
     * @param samples that enter the statistics
     * @param random the stream of the signs, for outputs that need them
     */
    ColumnPasses(NetworkView network, Samples samples, Random random) {
        this.network = network;
        this.samples = samples;
        this.columns = columns(network, random);
    }

    /** With random signs only where products of different rows' derivatives would not vanish without. */
    private static List<OutputSignal> columns(NetworkView network, Random random) {
        List<OutputSignal> columns = new ArrayList<>();
        for (OutputHead head : network.heads()) {
            boolean signs = head.hasSeveralRowsPerSample() || network.couplesSamples();
            for (long column = 0; column < head.outputs(); column++) {
                columns.add(OutputSignal.ofColumn(head, column, signs ? random : null));
            }
        }
        return columns;
    }

    /** Runs all passes. Returns the rows of each slot's groups, in the workspace that is active, with derivatives times sqrt(C). */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    Map<LayerSlot, List<BatchRows>> run() {
        LastingMemory lasting = LastingMemory.inCurrentWorkspace();
        int last = columns.size() - 1;
        for (int pass = 0; pass < last; pass++) {
            try (PassMemory.Scope onePass = PassMemory.openPass()) {
                run(pass, lasting);
            }
        }
        // what all passes have in common is taken from the last, so that one lasts
        Map<LayerSlot, List<BatchRows>> joined = new IdentityHashMap<>();
        run(last, lasting).forEach((slot, groups) -> joined.put(slot, joined(groups, stacks.get(slot))));
        return joined;
    }

    private Map<LayerSlot, List<BatchRows>> run(int pass, LastingMemory lasting) {
        network.secondPass(columns.get(pass));
        Map<LayerSlot, List<BatchRows>> rows = network.rows(samples);
        rows.forEach((slot, groups) -> {
            List<StackedDerivatives> own = stacks.computeIfAbsent(slot, key -> emptyStacks(groups, lasting));
            for (int i = 0; i < own.size(); i++) {
                own.get(i).put(pass, groups.get(i));
            }
        });
        return rows;
    }

    private List<StackedDerivatives> emptyStacks(List<BatchRows> groups, LastingMemory lasting) {
        return groups.stream()
                .map(rows -> new StackedDerivatives(rows, columns.size(), lasting))
                .toList();
    }

    private static List<BatchRows> joined(List<BatchRows> groups, List<StackedDerivatives> stacks) {
        List<BatchRows> joined = new ArrayList<>();
        for (int i = 0; i < stacks.size(); i++) {
            joined.add(stacks.get(i).joined(groups.get(i)));
        }
        return joined;
    }
}
