/** What the kernels of a K-FAC step cost, measured by JMH, each beside a matrix product of the same size. */
package io.github.dl4jkfac.examples.kernels;
