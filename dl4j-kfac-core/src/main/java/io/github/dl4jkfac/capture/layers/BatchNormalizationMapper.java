package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.arrays.Reductions;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Batch normalisation's scale and shift, y = gamma xhat + beta: the gradient of sample n sums over its positions before any product
 * (Osawa et al. 2019). That the batch couples its samples through mean and variance is left out. Running statistics are
 * no parameters of any block.
 */
final class BatchNormalizationMapper implements RowMapper {

    @Override
    public Site site() {
        return Site.OUTPUT;
    }

    @Override
    public List<ParameterGroup> groups(Layer layer) {
        BatchNormalization conf = (BatchNormalization) layer.conf().getLayer();
        if (conf.isLockGammaBeta()) {
            return List.of();
        }
        int units =
                (int) layer.getParam(BatchNormalizationParamInitializer.GAMMA).length();
        return List.of(new ParameterGroup(
                BlockShape.of(ParameterKind.UNITWISE, 1, units, true),
                List.of(Segment.columnMajor(BatchNormalizationParamInitializer.GAMMA, 1, units)),
                Segment.columnMajor(BatchNormalizationParamInitializer.BETA, 1, units)));
    }

    @Override
    public INDArray columnsFirst(Layer layer, INDArray derivatives, long batch) {
        return derivatives.rank() == 2 ? RowOrder.ofSteps(derivatives, batch) : channelsFirst(layer, derivatives);
    }

    /** A view [C,N] or [C,N,H,W]. */
    private static INDArray channelsFirst(Layer layer, INDArray array) {
        if (array.rank() == 2) {
            return array.permute(1, 0);
        }
        boolean last = ((BatchNormalization) layer.conf().getLayer()).getCnn2DFormat() == CNN2DFormat.NHWC;
        return last ? array.permute(3, 0, 1, 2) : array.permute(1, 0, 2, 3);
    }

    @Override
    public List<BatchRows> rows(Layer layer, INDArray inputs, INDArray derivatives, Samples samples) {
        long units = derivatives.size(1);
        long positions = derivatives.size(0) / samples.count();
        double eps = ((BatchNormalization) layer.conf().getLayer()).getEps();
        // [C, N T], and the statistics of the whole batch, also where fewer samples enter
        INDArray x = channelsFirst(layer, inputs)
                .castTo(derivatives.dataType())
                .dup('c')
                .reshape('c', units, inputs.length() / units);
        INDArray mean = Reductions.mean(x, true, 1);
        INDArray deviation = Transforms.sqrt(Reductions.variance(x, true, 1).addi(eps), false);
        INDArray normalised =
                x.subiColumnVector(mean).diviColumnVector(deviation).transpose(); // [N T, C], column-major
        INDArray first = inputs.rank() == 2
                ? RowOrder.rowsOfSteps(normalised, positions, samples.count())
                : Samples.first(normalised, samples.count() * positions);
        INDArray ofScale = RowOrder.summed(first.mul(derivatives), samples.count());
        return List.of(new SampleGradients(List.of(ofScale, RowOrder.summed(derivatives, samples.count()))));
    }
}
