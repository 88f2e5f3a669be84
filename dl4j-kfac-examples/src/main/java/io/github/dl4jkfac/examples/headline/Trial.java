package io.github.dl4jkfac.examples.headline;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.training.Budget;

/**
 * One training.
 *
 * @param task name of what is trained
 * @param optimizer which optimizer
 * @param settings what differs from its defaults
 * @param batch examples per step
 * @param seed of initial parameters, batches and sampling
 * @param budget when it ends
 * @param target training loss at which it ends before; 0 for none
 * @param without parts of the automatic step that are switched off, as its system property names them; empty for none
 */
record Trial(
        String task,
        Optimizer optimizer,
        OptimizerSettings settings,
        int batch,
        long seed,
        Budget budget,
        double target,
        String without) {

    /** With all parts of the automatic step. */
    Trial(
            String task,
            Optimizer optimizer,
            OptimizerSettings settings,
            int batch,
            long seed,
            Budget budget,
            double target) {
        this(task, optimizer, settings, batch, seed, budget, target, "");
    }

    /** The same with other settings. */
    Trial with(OptimizerSettings others) {
        return new Trial(task, optimizer, others, batch, seed, budget, target, without);
    }

    /** The same from another seed. */
    Trial withSeed(long other) {
        return new Trial(task, optimizer, settings, batch, other, budget, target, without);
    }

    /** The same with parts of the automatic step switched off. */
    Trial without(String parts) {
        return new Trial(task, optimizer, settings, batch, seed, budget, target, parts);
    }

    /** Name of its file, which tells trials apart. */
    String fileName() {
        String bounds = (Double.isFinite(budget.seconds()) ? budget.seconds() + " s " : "")
                + (budget.steps() < Long.MAX_VALUE ? budget.steps() + " updates " : "");
        String text =
                title() + " " + bounds + budget.evaluations() + " evaluations" + (target > 0 ? " to " + target : "");
        return text.replaceAll("[^A-Za-z0-9.=-]+", "_") + ".txt";
    }

    /** What is shown while it runs. */
    String title() {
        return task + ", " + optimizer.id() + " " + settings.describe()
                + (without.isEmpty() ? "" : " without " + without) + ", batch " + batch + ", seed " + seed;
    }
}
