/** The networks that are trained. */
package io.github.dl4jkfac.examples.models;
