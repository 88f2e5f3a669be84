package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.params.PReLUParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * PReLULayer, y = alpha min(x, 0) + max(x, 0): each slope's gradient in one sample is the sum of min(x, 0) dL/dy over the places that
 * share it.
 */
final class PReluMapper implements RowMapper {

    @Override
    public Site site() {
        return Site.OUTPUT;
    }

    @Override
    public List<ParameterGroup> groups(Layer layer) {
        int units = (int) layer.getParam(PReLUParamInitializer.WEIGHT_KEY).length();
        return List.of(new ParameterGroup(
                BlockShape.of(ParameterKind.UNITWISE, 1, units, false),
                List.of(Segment.columnMajor(PReLUParamInitializer.WEIGHT_KEY, 1, units)),
                null));
    }

    /** The slopes are column-major: of their axes the first runs fastest. */
    @Override
    public INDArray columnsFirst(Layer layer, INDArray derivatives, long batch) {
        INDArray slopes = layer.getParam(PReLUParamInitializer.WEIGHT_KEY); // [d1, d2, ...], 1 where an axis is shared
        int axes = derivatives.rank() - 1;
        int[] order = new int[axes + 1];
        int next = 0;
        for (int axis = axes; axis >= 1; axis--) {
            if (slopes.size(axis - 1) > 1) {
                order[next++] = axis;
            }
        }
        order[next++] = 0;
        for (int axis = 1; axis <= axes; axis++) {
            if (slopes.size(axis - 1) == 1) {
                order[next++] = axis;
            }
        }
        long units = slopes.length();
        return derivatives.permute(order).reshape('c', units, batch, derivatives.length() / units / batch);
    }

    @Override
    public List<BatchRows> rows(Layer layer, INDArray inputs, INDArray derivatives, Samples samples) {
        INDArray x = Samples.first(inputs, samples.count()).castTo(derivatives.dataType());
        INDArray rows = columnsFirst(layer, x, samples.count())
                .dup('c')
                .reshape('c', derivatives.size(1), derivatives.size(0))
                .transpose();
        INDArray negative = rows.muli(rows.lt(0).castTo(rows.dataType()));
        return List.of(new SampleGradients(List.of(RowOrder.summed(negative.muli(derivatives), samples.count()))));
    }
}
