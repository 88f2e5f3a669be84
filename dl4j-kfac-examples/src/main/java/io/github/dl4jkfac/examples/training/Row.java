package io.github.dl4jkfac.examples.training;

/**
 * One evaluation during training.
 *
 * @param step parameter updates so far
 * @param examples training examples seen so far
 * @param seconds wall-clock of training alone
 * @param cpuSeconds processor time of training alone, all threads
 * @param scores how good the network is then
 */
public record Row(long step, long examples, double seconds, double cpuSeconds, Scores scores) {}
