package io.github.dl4jkfac.examples.quality;

/**
 * How good a direction is on one batch at one stage of training.
 *
 * @param seed of the run
 * @param stage number of training steps before
 * @param batch number of the batch, from 1
 * @param candidate whose direction it is
 * @param indicator q(d) over that of the gradient (Wu et al. 2024, eq. 15): below 1 it is better than the gradient
 * @param cosine of the angle to the exact damped natural gradient
 */
public record Measurement(long seed, int stage, int batch, Candidate candidate, double indicator, double cosine) {}
