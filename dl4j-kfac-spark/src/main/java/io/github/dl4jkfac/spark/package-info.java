/**
 * Training on many machines: Apache Spark's executors go through parts of each batch, and the driver takes one step on all of them (Ba, Grosse,
 * Martens 2017).
 */
package io.github.dl4jkfac.spark;
