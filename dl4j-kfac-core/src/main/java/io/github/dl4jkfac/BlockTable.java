package io.github.dl4jkfac;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.plan.BlockPlan;
import io.github.dl4jkfac.plan.NetworkPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.api.Model;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The table logged when a listener is attached: which layer got which block, its size, and why a layer got none. */
final class BlockTable {

    private static final Logger LOG = LoggerFactory.getLogger(KFacListener.class);
    private static final String ROW = "%n%-24s %-20s %7s %7s %10s %14s";

    private BlockTable() {}

    static void log(Model model, NetworkPlan plan) {
        if (LOG.isInfoEnabled()) {
            LOG.info("K-FAC attached{}", text(of(model, plan)));
        }
    }

    static List<BlockSummary> of(Model model, NetworkPlan networkPlan) {
        int width = model.params().dataType().width();
        List<BlockSummary> all = new ArrayList<>();
        for (BlockPlan plan : networkPlan.blocks()) {
            BlockShape shape = plan.shape();
            all.add(new BlockSummary(
                    plan.name(),
                    plan.kind().name(),
                    shape.inputDimension(),
                    shape.outputs(),
                    plan.kind().layout(shape).curvatureSize() * width,
                    plan.kind().refreshFlops(shape),
                    null));
        }
        networkPlan
                .withoutCurvature()
                .forEach((layer, updater) -> all.add(BlockSummary.without(layer, updater, "tensor by tensor")));
        networkPlan
                .fallbacks()
                .forEach((layer, reason) ->
                        all.add(BlockSummary.without(layer, reason.equals("frozen") ? "none" : "fallback", reason)));
        return all;
    }

    static String text(List<BlockSummary> blocks) {
        StringBuilder table = new StringBuilder(
                String.format(Locale.ROOT, ROW, "layer", "block", "dA", "dG", "MiB", "GFlop/refresh"));
        for (BlockSummary block : blocks) {
            table.append(
                    block.reason() != null
                            ? String.format(
                                    Locale.ROOT, "%n%-24s %-20s %s", block.layer(), block.block(), block.reason())
                            : String.format(
                                    Locale.ROOT,
                                    ROW,
                                    block.layer(),
                                    block.block(),
                                    block.inputDimension(),
                                    block.outputs(),
                                    String.format(Locale.ROOT, "%.2f", (double) block.bytes() / (1 << 20)),
                                    String.format(Locale.ROOT, "%.3f", block.refreshFlops() / 1e9)));
        }
        return table.toString();
    }
}
