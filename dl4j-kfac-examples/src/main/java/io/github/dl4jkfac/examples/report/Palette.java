package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.training.Optimizer;
import java.awt.Color;

/** One colour per optimizer, the same in every plot; told apart by colour-blind readers as well (Okabe and Ito). */
final class Palette {

    private static final Color[] COLOURS = {
        new Color(0xD55E00), new Color(0x0072B2), new Color(0x009E73), new Color(0x000000),
        new Color(0xCC79A7), new Color(0xE69F00), new Color(0x56B4E9), new Color(0x8C6D31)
    };

    private Palette() {}

    static Color of(Optimizer optimizer) {
        return COLOURS[optimizer.ordinal() % COLOURS.length];
    }
}
