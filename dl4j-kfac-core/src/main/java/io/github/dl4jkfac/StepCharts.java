package io.github.dl4jkfac;

import io.github.dl4jkfac.diagnostics.StepCurves;
import io.github.dl4jkfac.session.Session;
import io.github.dl4jkfac.session.Sessions;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;

/**
 * Draws how steps are controlled into DL4J's training UI, step by step ({@link StepCurves}). To be added to the network's listeners after
 * {@link KFacListener#attach}; nothing is drawn of a network that no listener of this library is attached to.
 */
public final class StepCharts extends BaseTrainingListener {

    private final StepCurves curves;
    private final int interval;

    /**
     * Draws every step.
     *
     * @param curves where to
     */
    public StepCharts(StepCurves curves) {
        this(curves, 1);
    }

    /**
     * Draws some steps.
     *
     * @param curves where to
     * @param interval iterations from one step that is drawn to the next, at least 1
     * @throws IllegalArgumentException if it is smaller
     */
    public StepCharts(StepCurves curves, int interval) {
        if (interval < 1) {
            throw new IllegalArgumentException("The interval of the charts must be at least 1. Got: " + interval);
        }
        this.curves = curves;
        this.interval = interval;
    }

    @Override
    public void iterationDone(Model model, int iteration, int epoch) {
        Session session = KFacListener.isNetwork(model) && iteration % interval == 0 ? Sessions.find(model) : null;
        if (session != null) {
            curves.add(model, iteration, session.report());
        }
    }
}
