/** Where images come from: IDX files, generated curves, and batches of either. */
package io.github.dl4jkfac.examples.data;
