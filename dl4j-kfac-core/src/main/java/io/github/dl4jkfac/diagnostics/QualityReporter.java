package io.github.dl4jkfac.diagnostics;

import org.deeplearning4j.nn.api.Model;

/** Is told how good the steps of a training were; see {@link QualityListener.Builder#reporter}. */
@FunctionalInterface
public interface QualityReporter {

    /**
     * Called in the thread that trains, after the step.
     *
     * @param model the network that is being trained
     * @param report about its last step
     */
    void report(Model model, QualityReport report);
}
