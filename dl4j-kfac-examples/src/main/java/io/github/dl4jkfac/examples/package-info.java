/** The command line of the examples: commands and their options. */
package io.github.dl4jkfac.examples;
