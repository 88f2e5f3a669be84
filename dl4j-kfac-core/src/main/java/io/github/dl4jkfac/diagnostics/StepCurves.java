package io.github.dl4jkfac.diagnostics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.ToDoubleFunction;
import org.deeplearning4j.core.storage.StatsStorageRouter;
import org.deeplearning4j.nn.api.Model;

/**
 * Draws how a training's steps are controlled into DL4J's training UI ({@link StepReport}, {@link StepControl}). Each figure is a session of
 * its own, to be chosen by its name on the overview page, whose score is the figure's value. Figures that a step does not have are left
 * out: rho, for example, at steps whose model is not measured. Not for several trainings.
 *
 * <p>Needs {@code deeplearning4j-ui-model}, which {@code deeplearning4j-ui} brings.
 */
public final class StepCurves {

    /** One curve. */
    private enum Curve {
        ALPHA("1-alpha", StepControl::alpha),
        MOMENTUM("2-momentum", StepControl::momentum),
        CURVATURE("3-curvature-along-update", StepControl::curvature),
        REGION("4-trust-region", StepControl::region),
        SHARE("5-share", StepControl::share),
        RATIO("6-ratio-of-decrease-to-promise", StepControl::ratio),
        REJECTED("7-rejected", StepControl::rejected);

        private final String title;
        private final ToDoubleFunction<StepControl> value;

        Curve(String title, ToDoubleFunction<StepControl> value) {
            this.title = title;
            this.value = value;
        }
    }

    private static final String DAMPING = "8-damping";
    private static final String KL_SCALE = "9-kl-scale";

    /** Of every session. */
    private static final String WORKER = "steps";

    private final UiCurves curves;

    /**
     * Sessions with a name of their own.
     *
     * @param storage that the UI is attached to, or that passes on to it
     */
    public StepCurves(StatsStorageRouter storage) {
        this(storage, "steps-" + UUID.randomUUID());
    }

    /**
     * Sessions.
     *
     * @param storage that the UI is attached to, or that passes on to it
     * @param name what the IDs begin with that the UI lists the sessions by
     */
    public StepCurves(StatsStorageRouter storage, String name) {
        this.curves = new UiCurves(storage, name, WORKER);
    }

    /** {@return the IDs that the UI lists the sessions by, in the order of the figures; one appears with its first value} */
    public List<String> sessions() {
        List<String> titles = new ArrayList<>(
                Arrays.stream(Curve.values()).map(curve -> curve.title).toList());
        titles.add(DAMPING);
        titles.add(KL_SCALE);
        return titles.stream().map(curves::session).toList();
    }

    /**
     * Adds a step to the curves.
     *
     * @param model that is trained
     * @param iteration DL4J's count
     * @param report of its last step
     */
    public void add(Model model, int iteration, StepReport report) {
        curves.begin();
        StepControl control = report.control();
        if (control != null) {
            for (Curve curve : Curve.values()) {
                curves.add(model, curve.title, iteration, curve.value.applyAsDouble(control), 0);
            }
        }
        curves.add(model, DAMPING, iteration, report.damping(), 0);
        curves.add(model, KL_SCALE, iteration, report.klScale(), 0);
    }
}
