/** Training runs: what is trained, with which optimizer, for how long, and how good it gets. */
package io.github.dl4jkfac.examples.training;
