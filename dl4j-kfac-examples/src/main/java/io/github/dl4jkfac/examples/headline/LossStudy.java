package io.github.dl4jkfac.examples.headline;

import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.training.Budget;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Automatic K-FAC against optimizers at the best of their settings. These are found on the first seed in a shorter time; then all train from
 * all seeds for the whole time.
 */
public final class LossStudy {

    private final Trials trials;
    private final Problem problem;
    private final List<Long> seeds;

    /**
     * @param trials run or read
     * @param problem what is trained
     * @param seeds at least one
     */
    public LossStudy(Trials trials, Problem problem, List<Long> seeds) {
        this.trials = trials;
        this.problem = problem;
        this.seeds = List.copyOf(seeds);
    }

    /**
     * What came out.
     *
     * @param searches of every contender
     * @param tuningAutomatic K-FAC within the time of the searches, beside which sensitivity is shown
     * @param runs of every contender at its best settings, in the order of the seeds
     */
    record Result(List<Search> searches, double tuningAutomatic, Map<Contender, List<List<Row>>> runs) {}

    /**
     * Runs all.
     *
     * @param rates how many learning rates each first-order optimizer has
     * @param byHand whether K-FAC with a bound by hand takes part
     * @param batch examples per step
     * @param tuning seconds of each setting
     * @param seconds of each run thereafter
     * @param evaluations of each run
     */
    public LossReport run(int rates, boolean byHand, int batch, double tuning, double seconds, int evaluations) {
        List<Contender> contenders = new ArrayList<>(List.of(Contender.AUTOMATIC));
        contenders.addAll(Contender.firstOrder(rates));
        if (byHand) {
            contenders.add(Contender.byHand());
        }
        Budget shortBudget = new Budget(tuning, Long.MAX_VALUE, 1);
        List<Search> searches = new ArrayList<>();
        Map<Contender, List<List<Row>>> runs = new LinkedHashMap<>();
        for (Contender contender : contenders) {
            Search search =
                    Search.of(trials, problem, contender, trial(contender, batch, shortBudget), LossStudy::lastLoss);
            searches.add(search);
        }
        double automatic = lastLoss(trials.rows(problem, trial(Contender.AUTOMATIC, batch, shortBudget)));
        Budget budget = new Budget(seconds, Long.MAX_VALUE, evaluations);
        for (Search search : searches) {
            Trial trial = trial(search.contender(), batch, budget).with(search.best());
            runs.put(
                    search.contender(),
                    seeds.stream()
                            .map(seed -> trials.rows(problem, trial.withSeed(seed)))
                            .toList());
        }
        return new LossReport(problem.signature() + ", batch " + batch, seeds, new Result(searches, automatic, runs));
    }

    private Trial trial(Contender contender, int batch, Budget budget) {
        return new Trial("loss", contender.optimizer(), OptimizerSettings.DEFAULTS, batch, seeds.get(0), budget, 0);
    }

    private static double lastLoss(List<Row> rows) {
        return rows.get(rows.size() - 1).scores().trainLoss();
    }
}
