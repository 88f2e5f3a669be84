/** How each family of layers becomes rows: one mapper for each. The place for a new type of layer; it knows no network and no taps. */
package io.github.dl4jkfac.capture.layers;
