/** Training runs: what is trained, for how long, how good it gets, and how a run is saved and continued. */
package io.github.dl4jkfac.examples.training;
