package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.NetworkView;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The table logged when a listener is attached: which layer got which block, its size, and why a layer got none. */
final class BlockTable {

    private static final Logger LOG = LoggerFactory.getLogger(KFacListener.class);

    private BlockTable() {}

    static void log(NetworkView network, Session session) {
        if (LOG.isInfoEnabled()) {
            LOG.info("K-FAC attached{}", text(network, session));
        }
    }

    static String text(NetworkView network, Session session) {
        List<BoundBlock> blocks = session == null ? List.of() : session.blocks();
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT, "%n%-16s %-10s %7s %7s %10s %12s", "layer", "block", "dA", "dG", "MiB", "GFlop/refresh"));
        for (BoundBlock block : blocks) {
            int dA = block.worker().layout().inputDimension();
            int dG = block.worker().layout().outputs();
            double factors = (double) dA * dA + (double) dG * dG;
            int bytes = block.worker().state().momentum().dataType().width();
            double cubes = Math.pow(dA, 3) + Math.pow(dG, 3);
            table.append(String.format(
                    Locale.ROOT,
                    "%n%-16s %-10s %7d %7d %10.2f %12.2f",
                    block.slot().name(),
                    "Kronecker",
                    dA,
                    dG,
                    2 * factors * bytes / (1 << 20),
                    cubes / 1e9));
        }
        List<String> covered = blocks.stream().map(block -> block.slot().name()).toList();
        Layouts.fallbacks(network, covered)
                .forEach((layer, reason) ->
                        table.append(String.format(Locale.ROOT, "%n%-16s %-10s %s", layer, "fallback", reason)));
        return table.toString();
    }
}
