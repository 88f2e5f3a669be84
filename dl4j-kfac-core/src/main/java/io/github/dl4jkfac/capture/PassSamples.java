package io.github.dl4jkfac.capture;

/**
 * How much of a batch goes where.
 *
 * @param wanted how many samples enter the statistics
 * @param pass how many a second pass is made of, where a slot goes through it by itself
 * @param batch how many there are
 */
record PassSamples(long wanted, long pass, long batch) {}
