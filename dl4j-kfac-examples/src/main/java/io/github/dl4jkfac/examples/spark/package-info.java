/** Training on Apache Spark. Nothing outside of this package names Spark's classes, so that the other commands run without them. */
package io.github.dl4jkfac.examples.spark;
