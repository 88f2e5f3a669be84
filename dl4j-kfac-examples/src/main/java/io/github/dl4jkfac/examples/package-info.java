/** The commands of the examples and the groups of their options. */
package io.github.dl4jkfac.examples;
