/** Small tasks on which optimizers are compared, from ones that need no data to the examples' own. */
package io.github.dl4jkfac.examples.tasks;
