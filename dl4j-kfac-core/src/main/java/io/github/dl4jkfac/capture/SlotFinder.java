package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.capture.layers.ConvolutionMapper;
import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.capture.layers.RowMapper;
import io.github.dl4jkfac.capture.layers.RowMappers;
import io.github.dl4jkfac.lean.Kinds;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.layers.OutputLayer;
import org.deeplearning4j.nn.layers.feedforward.dense.DenseLayer;
import org.deeplearning4j.nn.layers.recurrent.BidirectionalLayer;
import org.deeplearning4j.nn.layers.recurrent.TimeDistributedLayer;
import org.deeplearning4j.nn.layers.training.CenterLossOutputLayer;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.params.BidirectionalParamInitializer;

/** Finds the slots of a live layer. */
final class SlotFinder {

    private SlotFinder() {}

    /**
     * @param place where the network keeps the layer
     * @param head the output of which this is the layer, or null for a hidden layer
     * @return none if the layer has no curvature block
     */
    static List<LayerSlot> of(String name, LayerPlace place, OutputHead head) {
        Layer layer = place.layer();
        if (layer.numParams() == 0) {
            return List.of();
        }
        if (layer instanceof BaseWrapperLayer wrapper) {
            return inside(name, wrapper);
        }
        return single(name, layer, place, head, false);
    }

    private static List<LayerSlot> inside(String name, BaseWrapperLayer wrapper) {
        Layer layer = wrapper.getUnderlying();
        return layer instanceof BaseWrapperLayer deeper
                ? inside(name, deeper)
                : single(name, layer, null, null, wrapper instanceof TimeDistributedLayer);
    }

    private static List<LayerSlot> single(
            String name, Layer layer, LayerPlace place, OutputHead head, boolean sampleMajor) {
        RowMapper mapper = RowMappers.of(layer);
        if (mapper != null) {
            // mappers expect rows step by step
            return sampleMajor ? List.of() : mapped(name, layer, place, head, mapper);
        }
        if (layer instanceof BidirectionalLayer both) {
            return bothDirections(name, both);
        }
        boolean dense = Kinds.of(layer) == DenseLayer.class && !((DenseLayer) layer).hasLayerNorm();
        boolean output = Kinds.of(layer) == OutputLayer.class || layer.getClass() == CenterLossOutputLayer.class;
        if (dense || output) {
            return List.of(new DenseSlot(name, (BaseLayer<?>) layer, head, place != null, sampleMajor));
        }
        LayerSlot recurrent = RecurrentSlot.of(name, "", layer);
        return recurrent == null ? List.of() : List.of(recurrent);
    }

    private static List<LayerSlot> bothDirections(String name, BidirectionalLayer both) {
        Directions directions = Directions.of(both);
        if (directions == null) {
            return List.of();
        }
        return Stream.of(
                        RecurrentSlot.of(
                                name + "/fwd", BidirectionalParamInitializer.FORWARD_PREFIX, directions.forward()),
                        RecurrentSlot.of(
                                name + "/bwd", BidirectionalParamInitializer.BACKWARD_PREFIX, directions.backward()))
                .filter(Objects::nonNull)
                .map(LayerSlot.class::cast)
                .toList();
    }

    private static List<LayerSlot> mapped(
            String name, Layer layer, LayerPlace place, OutputHead head, RowMapper mapper) {
        boolean reachable = mapper.site() == RowMapper.Site.PRE_ACTIVATION || place != null;
        List<ParameterGroup> groups = reachable ? mapper.groups(layer) : List.of();
        if (groups.isEmpty()) {
            return List.of();
        }
        return List.of(
                mapper instanceof ConvolutionMapper && place != null
                        ? new ConvolutionSlot(name, layer, groups, mapper, place)
                        : new MapperSlot(name, "", layer, groups, mapper, place, head));
    }
}
