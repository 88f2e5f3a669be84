package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.layers.RowMapper;
import io.github.dl4jkfac.capture.layers.RowMappers;
import org.deeplearning4j.nn.api.Layer;

/**
 * Curvature blocks for layer types of your own, or other ones for DL4J's. A {@link RowMapper} tells which parameters of a layer form
 * which matrices and what a batch says about each; every matrix gets the usual block of its kind, or the {@link
 * io.github.dl4jkfac.curvature.SingleKind} that its {@link io.github.dl4jkfac.capture.layers.ParameterGroup} names.
 *
 * <p>A module for others to use had better bring a {@link io.github.dl4jkfac.capture.layers.RowMapperProvider}, which is found without a
 * call, in every process that restores a network.
 *
 * <p>To be called before a listener is attached, and again in a program that goes on with a saved network: what is registered
 * decides what the updater state holds.
 */
public final class BlockRegistry {

    private BlockRegistry() {}

    /**
     * Registers a mapper, in front of the one that is built in.
     *
     * @param type class of live layers ({@code net.getLayer(i).getClass()}); exactly this class, not those derived from it
     * @param mapper makes their rows
     * @throws NullPointerException if an argument is null
     */
    public static void register(Class<? extends Layer> type, RowMapper mapper) {
        RowMappers.register(type, mapper);
    }

    /**
     * Returns a layer type to what is built in.
     *
     * @param type class of live layers
     */
    public static void unregister(Class<? extends Layer> type) {
        RowMappers.unregister(type);
    }
}
