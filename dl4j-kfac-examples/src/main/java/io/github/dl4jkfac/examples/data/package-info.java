/** Where examples come from (files, downloads, generators), how they are encoded, and the batches of a training run. */
package io.github.dl4jkfac.examples.data;
