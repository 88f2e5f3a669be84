package io.github.dl4jkfac.examples.quality;

import io.github.dl4jkfac.examples.training.Scores;
import org.deeplearning4j.nn.api.Model;

/**
 * A network at one stage of its training.
 *
 * @param seed of the run
 * @param step number of training steps before
 * @param scores how good it is there
 * @param network the network itself, which is trained on afterwards: not to be kept or modified
 */
public record StudyStage(long seed, int step, Scores scores, Model network) {}
