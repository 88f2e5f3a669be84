package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.LookupRows;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * EmbeddingLayer, which looks one row of its table up for each sample, and EmbeddingSequenceLayer, which does so at every step. DL4J
 * applies feature masks after the point where the derivatives are taken.
 */
final class EmbeddingMapper implements RowMapper {

    @Override
    public Site site() {
        return Site.PRE_ACTIVATION;
    }

    @Override
    public List<ParameterGroup> groups(Layer layer) {
        INDArray table = layer.getParam(DefaultParamInitializer.WEIGHT_KEY);
        boolean bias = ((BaseLayer<?>) layer).hasBias();
        return List.of(new ParameterGroup(
                BlockShape.of(ParameterKind.EMBEDDING, (int) table.size(0), (int) table.size(1), bias),
                List.of(Segment.columnMajor(DefaultParamInitializer.WEIGHT_KEY, table.size(0), table.size(1))),
                bias ? Segment.columnMajor(DefaultParamInitializer.BIAS_KEY, 1, table.size(1)) : null));
    }

    @Override
    public INDArray columnsFirst(Layer layer, INDArray derivatives, long batch) {
        if (derivatives.rank() == 2) {
            return RowOrder.ofSteps(derivatives, batch);
        }
        return isChannelsLast(layer) ? derivatives.permute(2, 0, 1) : derivatives.permute(1, 0, 2);
    }

    private static boolean isChannelsLast(Layer layer) {
        return ((EmbeddingSequenceLayer) layer.conf().getLayer()).getOutputFormat() == RNNFormat.NWC;
    }

    @Override
    public List<BatchRows> rows(Layer layer, INDArray inputs, INDArray derivatives, Samples samples) {
        long rows = derivatives.size(0);
        long positions = rows / samples.count();
        INDArray mask;
        INDArray tokens;
        if (layer.conf().getLayer() instanceof EmbeddingSequenceLayer) {
            long batch = inputs.length() / positions;
            tokens = RowOrder.column(inputs.reshape('c', batch, positions), samples.count());
            INDArray own = RowOrder.mask(layer);
            mask = own == null ? null : RowOrder.column(own, samples.count());
        } else {
            INDArray column = inputs.reshape('c', inputs.length(), 1);
            tokens = RowOrder.columnOfSteps(column, positions, samples.count());
            mask = RowOrder.featureMask(layer, positions, samples);
        }
        RowOrder.mask(derivatives, mask);
        INDArray weights = samples.weights(positions, mask);
        int[] indices = indices(
                tokens, layer.getParam(DefaultParamInitializer.WEIGHT_KEY).size(0));
        return List.of(new LookupRows(indices, derivatives, weights, Samples.active(weights, rows), samples.count()));
    }

    /** As DL4J reads them: cut to integers. A block writes where they point, so none may leave the table. */
    private static int[] indices(INDArray tokens, long size) {
        int[] indices = tokens.dup('c').data().asInt();
        for (int index : indices) {
            if (index < 0 || index >= size) {
                throw new IllegalStateException("Token " + index + " is outside of a table of " + size + " rows");
            }
        }
        return indices;
    }
}
