/** The figures by which optimizers are judged: loss over time and updates, updates over batch sizes, sensitivity, and many small tasks. */
package io.github.dl4jkfac.examples.headline;
