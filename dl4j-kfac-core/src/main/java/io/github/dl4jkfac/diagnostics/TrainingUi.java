package io.github.dl4jkfac.diagnostics;

import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.ToDoubleFunction;
import org.deeplearning4j.core.storage.StatsStorageRouter;
import org.deeplearning4j.nn.api.Model;

/**
 * Draws the quality of a training's steps into DL4J's training UI. Each figure is a session of its own, to be chosen by its name on the
 * overview page, whose score is the figure's value. The figures are
 *
 * <ol>
 *   <li>the indicator relative to the gradient's: below 1 the step is better than the gradient
 *   <li>the same of the exact damped natural gradient: the best that can be had
 *   <li>the cosine to the exact damped natural gradient
 *   <li>the cosine to the gradient
 * </ol>
 *
 * <p>Needs {@code deeplearning4j-ui-model}, which {@code deeplearning4j-ui} brings. {@link QualityListener} uses it by itself for a
 * network that has a StatsListener.
 */
public final class TrainingUi implements QualityReporter {

    /** One curve. */
    private enum Curve {
        RELATIVE("1-indicator-relative-to-gradient", QualityReport::relative),
        NATURAL("2-indicator-of-exact-natural-gradient", QualityReport::relativeOfNatural),
        COSINE_TO_NATURAL("3-cosine-to-exact-natural-gradient", QualityReport::cosineToNatural),
        COSINE_TO_GRADIENT("4-cosine-to-gradient", QualityReport::cosineToGradient);

        private final String title;
        private final ToDoubleFunction<QualityReport> value;

        Curve(String title, ToDoubleFunction<QualityReport> value) {
            this.title = title;
            this.value = value;
        }
    }

    /** Of every session. */
    private static final String WORKER = "update-quality";

    private final UiCurves curves;

    /**
     * Sessions with a name of their own.
     *
     * @param storage that the UI is attached to, or that passes on to it
     */
    public TrainingUi(StatsStorageRouter storage) {
        this(storage, "update-quality-" + UUID.randomUUID());
    }

    /**
     * Sessions.
     *
     * @param storage that the UI is attached to, or that passes on to it
     * @param name what the IDs begin with that the UI lists the sessions by
     */
    public TrainingUi(StatsStorageRouter storage, String name) {
        this.curves = new UiCurves(storage, name, WORKER);
    }

    /** {@return the IDs that the UI lists the sessions by, in the order of the figures; one appears with its first value} */
    public List<String> sessions() {
        return Arrays.stream(Curve.values())
                .map(curve -> curves.session(curve.title))
                .toList();
    }

    @Override
    public void report(Model model, QualityReport report) {
        curves.begin();
        for (Curve curve : Curve.values()) {
            curves.add(model, curve.title, report.iteration(), curve.value.applyAsDouble(report), report.nanos());
        }
    }
}
