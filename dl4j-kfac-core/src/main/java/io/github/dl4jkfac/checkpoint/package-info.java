/** Training on disk: checkpoints that a killed process or a full disk cannot damage, and going on from them. */
package io.github.dl4jkfac.checkpoint;
