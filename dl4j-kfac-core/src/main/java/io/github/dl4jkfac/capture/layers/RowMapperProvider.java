package io.github.dl4jkfac.capture.layers;

import org.deeplearning4j.nn.api.Layer;

/**
 * A mapper that comes with a module: every program that has the module on its class path has the mapper, without a line of code. It
 * is found by {@link java.util.ServiceLoader}, and so needs a public constructor without parameters, and its name in {@code
 * META-INF/services/io.github.dl4jkfac.capture.layers.RowMapperProvider}.
 */
public interface RowMapperProvider {

    /** {@return the class of live layers that it is for; exactly this class, not those derived from it} */
    Class<? extends Layer> layerType();

    /** {@return the mapper, which goes before the one that is built in} */
    RowMapper mapper();
}
