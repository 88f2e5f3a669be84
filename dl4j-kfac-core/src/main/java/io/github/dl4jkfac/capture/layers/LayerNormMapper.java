package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.custom.LayerNorm;
import org.nd4j.linalg.api.ops.impl.transforms.custom.LayerNormBp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * DenseLayer with layer normalisation, z = gain * norm(a W) + b: W is a matrix without bias, whose derivatives come through the
 * normalisation; gain and bias act unit by unit. DL4J tells the derivative with respect to z; the rest is computed anew.
 */
final class LayerNormMapper implements RowMapper {

    private static final String WEIGHTS = DefaultParamInitializer.WEIGHT_KEY;
    private static final String BIAS = DefaultParamInitializer.BIAS_KEY;
    private static final String GAIN = DefaultParamInitializer.GAIN_KEY;

    @Override
    public Site site() {
        return Site.PRE_ACTIVATION;
    }

    /** Of weights with noise DL4J keeps no trace until the rows are made: none. */
    @Override
    public List<ParameterGroup> groups(Layer layer) {
        BaseLayer<?> dense = (BaseLayer<?>) layer;
        if (dense.layerConf().getWeightNoise() != null) {
            return List.of();
        }
        INDArray w = layer.getParam(WEIGHTS);
        int units = (int) w.size(1);
        return List.of(
                new ParameterGroup(
                        BlockShape.of(ParameterKind.DENSE, (int) w.size(0), units, false),
                        List.of(Segment.columnMajor(WEIGHTS, w.size(0), units)),
                        null),
                new ParameterGroup(
                        BlockShape.of(ParameterKind.UNITWISE, 1, units, dense.hasBias()),
                        List.of(Segment.columnMajor(GAIN, 1, units)),
                        dense.hasBias() ? Segment.columnMajor(BIAS, 1, units) : null));
    }

    @Override
    public INDArray columnsFirst(Layer layer, INDArray derivatives, long batch) {
        return RowOrder.ofSteps(derivatives, batch);
    }

    @Override
    public List<BatchRows> rows(Layer layer, INDArray inputs, INDArray derivatives, Samples samples) {
        long positions = derivatives.size(0) / samples.count();
        INDArray mask = RowOrder.featureMask(layer, positions, samples);
        RowOrder.mask(derivatives, mask);
        INDArray a = RowOrder.rowsOfSteps(inputs.castTo(derivatives.dataType()), positions, samples.count());
        INDArray gain = layer.getParam(GAIN);
        INDArray u = a.mmul(layer.getParam(WEIGHTS));
        INDArray normalised = u.like();
        Nd4j.exec(new LayerNorm(u, gain.like().assign(1), normalised, true, 1));
        INDArray ofGain = RowOrder.summed(normalised.muli(derivatives), samples.count());
        INDArray ofProducts = Nd4j.createUninitialized(derivatives.dataType(), derivatives.shape(), 'f');
        Nd4j.exec(new LayerNormBp(u, gain, derivatives, ofProducts, gain.like(), true, 1));
        boolean bias = ((BaseLayer<?>) layer).hasBias();
        return List.of(
                samples.outer(InputSource.of(a), ofProducts, mask),
                new SampleGradients(
                        bias ? List.of(ofGain, RowOrder.summed(derivatives, samples.count())) : List.of(ofGain)));
    }
}
