/** How good the directions of natural-gradient methods are while a network trains, and a picture of what they approximate. */
package io.github.dl4jkfac.examples.quality;
