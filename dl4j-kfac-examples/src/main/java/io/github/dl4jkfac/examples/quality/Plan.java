package io.github.dl4jkfac.examples.quality;

import io.github.dl4jkfac.diagnostics.ExactNaturalGradient;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import java.util.List;

/**
 * What a study does.
 *
 * @param optimizer trains the network between the stages
 * @param settings of that optimizer
 * @param stages numbers of training steps at which to stop and measure, rising
 * @param batch examples per batch, in training and in measuring
 * @param measured batches to measure at each stage
 * @param warmUp batches that methods which average over batches see before the first measured one
 * @param exact finds the exact natural gradient of each batch
 * @param candidates whose directions to measure
 */
public record Plan(
        Optimizer optimizer,
        OptimizerSettings settings,
        List<Integer> stages,
        int batch,
        int measured,
        int warmUp,
        ExactNaturalGradient exact,
        List<Candidate> candidates) {}
