package io.github.dl4jkfac.examples.headline;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Schedule;
import io.github.dl4jkfac.examples.optimizers.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * An optimizer with all settings that it may choose its best of.
 *
 * @param name in tables and plots
 * @param optimizer which optimizer
 * @param grid at least one
 */
record Contender(String name, Optimizer optimizer, List<OptimizerSettings> grid) {

    /** K-FAC with nothing set. */
    static final Contender AUTOMATIC =
            new Contender("K-FAC, automatic", Optimizer.KFAC, List.of(OptimizerSettings.DEFAULTS));

    /** First-order optimizers at so many rates, around the middle one, constant and falling linearly to zero. */
    static List<Contender> firstOrder(int rates) {
        return List.of(
                new Contender("SGD with momentum", Optimizer.NESTEROVS, rates(3e-3, rates, true)),
                new Contender("Adam", Optimizer.ADAM, rates(1e-3, rates, true)),
                new Contender("AdamW", Optimizer.ADAMW, rates(1e-3, rates, true)),
                new Contender("Muon", Optimizer.MUON, rates(3e-2, rates, true)));
    }

    /** Adam at so many constant rates. */
    static Contender adam(int rates) {
        return new Contender("Adam", Optimizer.ADAM, rates(3e-3, rates, false));
    }

    /** K-FAC at four bounds of a step's length and three dampings. */
    static Contender byHand() {
        List<OptimizerSettings> grid = new ArrayList<>();
        for (double klClip : new double[] {1e-4, 1e-3, 1e-2, 1e-1}) {
            for (double factor : new double[] {0.3, 1, 3}) {
                grid.add(OptimizerSettings.DEFAULTS
                        .with(Setting.KL_CLIP, klClip)
                        .with(Setting.DAMPING, KFac.DEFAULT_DAMPING * factor));
            }
        }
        return new Contender("K-FAC, by hand", Optimizer.KFAC, grid);
    }

    /**
     * Rates of the row 0.1, 0.3, 1, 3, ...
     *
     * @param middle one of them
     */
    private static List<OptimizerSettings> rates(double middle, int count, boolean falling) {
        long place = Math.round(2 * Math.log10(middle));
        List<OptimizerSettings> grid = new ArrayList<>();
        for (Schedule schedule : falling ? Schedule.values() : new Schedule[] {Schedule.CONSTANT}) {
            LongStream.range(place - count / 2, place - count / 2 + count)
                    .mapToObj(i -> OptimizerSettings.DEFAULTS
                            .with(Setting.LEARNING_RATE, rate(i))
                            .with(Setting.SCHEDULE, schedule == Schedule.CONSTANT ? null : schedule))
                    .forEach(grid::add);
        }
        return grid;
    }

    /** 10^(place/2), with 3 for the root of ten. */
    private static double rate(long place) {
        return Double.parseDouble((place % 2 == 0 ? "1" : "3") + "e" + Math.floorDiv(place, 2));
    }
}
