package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * RnnOutputLayer: a dense layer at every time step, each step of each sample a row. DL4J hands it, and its loss, rows step by step,
 * whatever the format of its sequences; the label mask tells which are in.
 */
final class RnnOutputMapper implements RowMapper {

    @Override
    public Site site() {
        return Site.PRE_ACTIVATION;
    }

    @Override
    public List<ParameterGroup> groups(Layer layer) {
        INDArray w = layer.getParam(DefaultParamInitializer.WEIGHT_KEY);
        boolean bias = ((BaseLayer<?>) layer).hasBias();
        return List.of(new ParameterGroup(
                BlockShape.of(ParameterKind.RECURRENT, (int) w.size(0), (int) w.size(1), bias),
                List.of(Segment.columnMajor(DefaultParamInitializer.WEIGHT_KEY, w.size(0), w.size(1))),
                bias ? Segment.columnMajor(DefaultParamInitializer.BIAS_KEY, 1, w.size(1)) : null));
    }

    @Override
    public INDArray columnsFirst(Layer layer, INDArray derivatives, long batch) {
        return RowOrder.ofSteps(derivatives, batch);
    }

    @Override
    public List<BatchRows> rows(Layer layer, INDArray inputs, INDArray derivatives, Samples samples) {
        long positions = derivatives.size(0) / samples.count();
        INDArray mask = RowOrder.mask(layer);
        INDArray column = mask == null ? null : RowOrder.columnOfSteps(mask, positions, samples.count());
        return List.of(samples.outer(InputSource.of(inputs), derivatives, column));
    }
}
