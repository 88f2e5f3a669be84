package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.NetworkView;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The table logged when a listener is attached: which layer got which block, its size, and why a layer got none. */
final class BlockTable {

    private static final Logger LOG = LoggerFactory.getLogger(KFacListener.class);
    private static final String ROW = "%n%-24s %-20s %7s %7s %10s %14s";

    private BlockTable() {}

    static void log(NetworkView network, Session session) {
        if (LOG.isInfoEnabled()) {
            LOG.info("K-FAC attached{}", text(network, session));
        }
    }

    static String text(NetworkView network, Session session) {
        List<BoundBlock> blocks = session == null ? List.of() : session.blocks();
        StringBuilder table = new StringBuilder(
                String.format(Locale.ROOT, ROW, "layer", "block", "dA", "dG", "MiB", "GFlop/refresh"));
        for (BoundBlock block : blocks) {
            int width = block.state().momentum().dataType().width();
            long numbers = block.kind().layout(block.shape()).curvatureSize();
            table.append(String.format(
                    Locale.ROOT,
                    ROW,
                    block.plan().name(),
                    block.kind().name(),
                    block.shape().inputDimension(),
                    block.shape().outputs(),
                    String.format(Locale.ROOT, "%.2f", (double) numbers * width / (1 << 20)),
                    String.format(Locale.ROOT, "%.3f", block.kind().refreshFlops(block.shape()) / 1e9)));
        }
        Layouts layouts = Layouts.of(network);
        layouts.withoutCurvature()
                .forEach((layer, updater) -> table.append(without(layer, updater, "tensor by tensor")));
        layouts.fallbacks()
                .forEach((layer, reason) ->
                        table.append(without(layer, reason.equals("frozen") ? "none" : "fallback", reason)));
        return table.toString();
    }

    private static String without(String layer, String instead, String reason) {
        return String.format(Locale.ROOT, "%n%-24s %-20s %s", layer, instead, reason);
    }
}
