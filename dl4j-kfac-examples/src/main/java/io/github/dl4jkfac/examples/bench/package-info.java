/** What a step of each optimizer costs, measured and counted. */
package io.github.dl4jkfac.examples.bench;
