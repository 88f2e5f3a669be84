package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import java.awt.Color;
import java.util.Map;

/** One colour per optimizer, the same in every plot; the usual ones told apart by colour-blind readers as well (Okabe and Ito). */
public final class Palette {

    private static final Map<Optimizer, Color> COLOURS = Map.ofEntries(
            Map.entry(Optimizer.KFAC, new Color(0xD55E00)),
            Map.entry(Optimizer.KFAC_TRIDIAGONAL, new Color(0x8C2D04)),
            Map.entry(Optimizer.EKFAC, new Color(0xE69F00)),
            Map.entry(Optimizer.IEF, new Color(0xCC79A7)),
            Map.entry(Optimizer.EF, new Color(0x56B4E9)),
            Map.entry(Optimizer.SF, new Color(0x5E3C99)),
            Map.entry(Optimizer.EGN, new Color(0x00CED1)),
            Map.entry(Optimizer.FNGD, new Color(0x999999)),
            Map.entry(Optimizer.ADAFISHER, new Color(0x8DB600)),
            Map.entry(Optimizer.ADAFISHERW, new Color(0x4D7000)),
            Map.entry(Optimizer.FADAM, new Color(0x8C6D31)),
            Map.entry(Optimizer.NESTEROVS, new Color(0x0072B2)),
            Map.entry(Optimizer.ADAM, new Color(0x009E73)),
            Map.entry(Optimizer.ADAMW, new Color(0x006B4E)),
            Map.entry(Optimizer.MUON, new Color(0x7A3DB8)),
            Map.entry(Optimizer.SGD, new Color(0x000000)));

    private Palette() {}

    /**
     * @param optimizer which optimizer
     * @return its colour
     */
    public static Color of(Optimizer optimizer) {
        return COLOURS.get(optimizer);
    }
}
