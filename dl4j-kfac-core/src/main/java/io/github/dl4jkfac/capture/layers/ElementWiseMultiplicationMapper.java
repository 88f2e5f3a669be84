package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.params.ElementWiseParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** ElementWiseMultiplicationLayer, z = a w + b unit by unit: a scale and a shift for each. */
final class ElementWiseMultiplicationMapper implements RowMapper {

    @Override
    public Site site() {
        return Site.PRE_ACTIVATION;
    }

    @Override
    public List<ParameterGroup> groups(Layer layer) {
        int units = (int) layer.getParam(ElementWiseParamInitializer.WEIGHT_KEY).length();
        return List.of(new ParameterGroup(
                BlockShape.of(ParameterKind.UNITWISE, 1, units, true),
                List.of(Segment.columnMajor(ElementWiseParamInitializer.WEIGHT_KEY, 1, units)),
                Segment.columnMajor(ElementWiseParamInitializer.BIAS_KEY, 1, units)));
    }

    @Override
    public INDArray columnsFirst(Layer layer, INDArray derivatives, long batch) {
        return RowOrder.ofSteps(derivatives, batch);
    }

    @Override
    public List<BatchRows> rows(Layer layer, INDArray inputs, INDArray derivatives, Samples samples) {
        long positions = derivatives.size(0) / samples.count();
        RowOrder.mask(derivatives, RowOrder.featureMask(layer, positions, samples));
        INDArray rows = RowOrder.rowsOfSteps(inputs.castTo(derivatives.dataType()), positions, samples.count());
        return List.of(new SampleGradients(List.of(
                RowOrder.summed(rows.mul(derivatives), samples.count()),
                RowOrder.summed(derivatives, samples.count()))));
    }
}
