/** Where momentum, factors, inverses and counters lie inside DL4J's flat updater state, so that every saver carries them. */
package io.github.dl4jkfac.state;
