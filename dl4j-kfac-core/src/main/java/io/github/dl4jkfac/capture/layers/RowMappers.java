package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.lean.Kinds;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.convolution.Convolution1DLayer;
import org.deeplearning4j.nn.layers.convolution.Convolution3DLayer;
import org.deeplearning4j.nn.layers.convolution.ConvolutionLayer;
import org.deeplearning4j.nn.layers.convolution.Deconvolution2DLayer;
import org.deeplearning4j.nn.layers.convolution.Deconvolution3DLayer;
import org.deeplearning4j.nn.layers.convolution.DepthwiseConvolution2DLayer;
import org.deeplearning4j.nn.layers.convolution.SeparableConvolution2DLayer;
import org.deeplearning4j.nn.layers.feedforward.PReLU;
import org.deeplearning4j.nn.layers.feedforward.dense.DenseLayer;
import org.deeplearning4j.nn.layers.feedforward.elementwise.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.layers.feedforward.embedding.EmbeddingLayer;
import org.deeplearning4j.nn.layers.feedforward.embedding.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.layers.normalization.BatchNormalization;
import org.deeplearning4j.nn.layers.recurrent.RnnOutputLayer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which mapper makes the rows of which type of layer. */
public final class RowMappers {

    private static final Map<Class<?>, RowMapper> BUILT_IN = Map.ofEntries(
            Map.entry(ConvolutionLayer.class, new ConvolutionMapper()),
            Map.entry(BatchNormalization.class, new BatchNormalizationMapper()),
            Map.entry(RnnOutputLayer.class, new RnnOutputMapper()),
            Map.entry(Convolution1DLayer.class, new Convolution1DMapper()),
            Map.entry(Convolution3DLayer.class, new SpatialMapper(SpatialMapper.Weights.OUT_IN_KERNEL)),
            Map.entry(Deconvolution2DLayer.class, new SpatialMapper(SpatialMapper.Weights.IN_OUT_KERNEL)),
            Map.entry(Deconvolution3DLayer.class, new SpatialMapper(SpatialMapper.Weights.KERNEL_OUT_IN)),
            Map.entry(DepthwiseConvolution2DLayer.class, new DepthwiseMapper()),
            Map.entry(SeparableConvolution2DLayer.class, new SeparableMapper()),
            Map.entry(ElementWiseMultiplicationLayer.class, new ElementWiseMultiplicationMapper()),
            Map.entry(PReLU.class, new PReluMapper()),
            Map.entry(EmbeddingLayer.class, new EmbeddingMapper()),
            Map.entry(EmbeddingSequenceLayer.class, new EmbeddingMapper()));

    /** Dense layers without layer normalisation have a slot of their own in the capture package, and need no mapper. */
    private static final RowMapper LAYER_NORM = new LayerNormMapper();

    private static final Logger LOG = LoggerFactory.getLogger(RowMappers.class);

    private static final Map<Class<?>, RowMapper> REGISTERED = new LinkedHashMap<>();

    /** Those of other modules; looked for when the first mapper is asked for. */
    private static final class OfModules {
        private static final Map<Class<?>, RowMapper> MAPPERS = load();

        private static Map<Class<?>, RowMapper> load() {
            Map<Class<?>, RowMapper> mappers = new HashMap<>();
            Iterator<RowMapperProvider> providers =
                    ServiceLoader.load(RowMapperProvider.class).iterator();
            while (true) {
                try {
                    if (!providers.hasNext()) {
                        return mappers;
                    }
                    RowMapperProvider provider = providers.next();
                    mappers.put(provider.layerType(), provider.mapper());
                } catch (ServiceConfigurationError e) {
                    LOG.warn("A mapper of rows is left out: {}", e.getMessage());
                }
            }
        }
    }

    private RowMappers() {}

    /**
     * Registers a mapper, in front of the one that is built in.
     *
     * @param type class of live layers; exactly this class, not those derived from it
     * @param mapper makes their rows
     */
    public static synchronized void register(Class<? extends Layer> type, RowMapper mapper) {
        REGISTERED.put(Objects.requireNonNull(type, "layer type"), Objects.requireNonNull(mapper, "row mapper"));
    }

    /**
     * Returns a layer type to what is built in.
     *
     * @param type class of live layers
     */
    public static synchronized void unregister(Class<? extends Layer> type) {
        REGISTERED.remove(type);
    }

    /**
     * Finds the mapper of a layer.
     *
     * @param layer a live layer
     * @return the one registered for its class, or that of a module, or what is built in; null if there is none
     */
    public static synchronized RowMapper of(Layer layer) {
        RowMapper registered = REGISTERED.get(Kinds.of(layer));
        if (registered != null) {
            return registered;
        }
        RowMapper ofModule = OfModules.MAPPERS.get(Kinds.of(layer));
        if (ofModule != null) {
            return ofModule;
        }
        boolean normalised = Kinds.of(layer) == DenseLayer.class && ((DenseLayer) layer).hasLayerNorm();
        return normalised ? LAYER_NORM : BUILT_IN.get(Kinds.of(layer));
    }
}
