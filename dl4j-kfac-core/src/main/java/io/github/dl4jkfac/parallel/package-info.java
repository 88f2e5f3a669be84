/**
 * Training by several threads, or devices, of one machine: copies of a network go through parts of a batch, and the network takes one step on all of
 * them (Ba, Grosse, Martens 2017).
 */
package io.github.dl4jkfac.parallel;
