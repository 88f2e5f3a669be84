/** A model of how long steps take with many workers. */
package io.github.dl4jkfac.examples.scaling;
