package io.github.dl4jkfac.capture;

import org.deeplearning4j.nn.api.Layer;

/** Where a network keeps one of its live layers. */
interface LayerPlace {

    Layer layer();

    void put(Layer layer);
}
