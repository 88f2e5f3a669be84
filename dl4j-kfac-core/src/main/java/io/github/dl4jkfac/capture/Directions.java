package io.github.dl4jkfac.capture;

import java.lang.reflect.Field;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.recurrent.BidirectionalLayer;

/**
 * The two layers inside of a bidirectional one. DL4J hands the backward one its sequences, masks and derivatives in reversed order,
 * so each sees time go forwards.
 */
record Directions(Layer forward, Layer backward) {

    /** Returns null if DL4J does not let them be seen: it keeps them in private fields. */
    static Directions of(BidirectionalLayer layer) {
        try {
            return new Directions(field(layer, "fwd"), field(layer, "bwd"));
        } catch (ReflectiveOperationException | RuntimeException e) {
            return null;
        }
    }

    private static Layer field(BidirectionalLayer layer, String name) throws ReflectiveOperationException {
        Field field = BidirectionalLayer.class.getDeclaredField(name);
        field.setAccessible(true);
        return (Layer) field.get(layer);
    }
}
