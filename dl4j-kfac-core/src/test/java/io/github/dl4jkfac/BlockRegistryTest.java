package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.capture.layers.RowMapper;
import io.github.dl4jkfac.capture.layers.Samples;
import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.session.Sessions;
import io.github.dl4jkfac.state.Slice;
import io.github.dl4jkfac.testing.Fixtures;
import java.util.Collection;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** A layer type, a mapper and a block that only the user knows. */
class BlockRegistryTest {

    /** A user's layer: dense, but of a class that the library has never seen. */
    static final class OwnDense extends BaseLayer<OwnDenseConf> {

        OwnDense(NeuralNetConfiguration conf, DataType type) {
            super(conf, type);
        }

        @Override
        public boolean isPretrainLayer() {
            return false;
        }
    }

    /** The layer's configuration. */
    static final class OwnDenseConf extends FeedForwardLayer {

        private static final long serialVersionUID = 1L;

        OwnDenseConf(Builder builder) {
            super(builder);
            initializeConstraints(builder);
        }

        @Override
        public Layer instantiate(
                NeuralNetConfiguration conf,
                Collection<TrainingListener> listeners,
                int index,
                INDArray params,
                boolean initialise,
                DataType type) {
            OwnDense layer = new OwnDense(conf, type);
            layer.setIndex(index);
            layer.setParamsViewArray(params);
            layer.setParamTable(initializer().init(conf, params, initialise));
            layer.setConf(conf);
            return layer;
        }

        @Override
        public ParamInitializer initializer() {
            return DefaultParamInitializer.getInstance();
        }

        @Override
        public LayerMemoryReport getMemoryReport(InputType inputType) {
            throw new UnsupportedOperationException("not needed here");
        }

        static final class Builder extends FeedForwardLayer.Builder<Builder> {

            @Override
            @SuppressWarnings("unchecked")
            public OwnDenseConf build() {
                return new OwnDenseConf(this);
            }
        }
    }

    /** The rows of the layer. */
    private record OwnMapper(SingleKind type) implements RowMapper {

        @Override
        public Site site() {
            return Site.PRE_ACTIVATION;
        }

        @Override
        public List<ParameterGroup> groups(Layer layer) {
            INDArray w = layer.getParam("W");
            BlockShape shape = BlockShape.of(ParameterKind.DENSE, (int) w.size(0), (int) w.size(1), true);
            return List.of(new ParameterGroup(
                    shape,
                    List.of(Segment.columnMajor("W", w.size(0), w.size(1))),
                    Segment.columnMajor("b", 1, w.size(1)),
                    type));
        }

        @Override
        public INDArray columnsFirst(Layer layer, INDArray derivatives, long batch) {
            return derivatives.permute(1, 0);
        }

        @Override
        public List<BatchRows> rows(Layer layer, INDArray inputs, INDArray derivatives, Samples samples) {
            return List.of(OuterProductRows.of(
                    InputSource.of(Samples.first(inputs, samples.count())), derivatives, samples.count()));
        }
    }

    /** Divides by a running count, which its state keeps: nobody's idea of curvature, but easy to check. */
    private static final class CountingBlock implements CurvatureBlock {

        static final SingleKind TYPE = new SingleKind() {
            @Override
            public String name() {
                return "Counting";
            }

            @Override
            public List<Slice> slices(BlockShape shape) {
                return List.of(Slice.statistic("count", 1, 1, Slice.Weight.NONE));
            }

            @Override
            public CurvatureBlock create(BlockContext context) {
                return new CountingBlock(context.state().get("count"));
            }

            @Override
            public double refreshFlops(BlockShape shape) {
                return 0;
            }
        };

        private final INDArray count;

        private CountingBlock(INDArray count) {
            this.count = count;
        }

        @Override
        public void update(BatchRows rows) {
            count.addi(1);
        }

        @Override
        public Refresh stage(double damping) {
            return Refresh.NONE; // nothing to invert
        }

        @Override
        public boolean isReady() {
            return count.getDouble(0) > 0;
        }

        @Override
        public void precondition(INDArray gradient, INDArray work, INDArray out) {
            out.assign(gradient).divi(count.getDouble(0));
        }

        @Override
        public INDArray toDense() {
            throw new UnsupportedOperationException("not needed here");
        }
    }

    @AfterEach
    void unregister() {
        BlockRegistry.unregister(OwnDense.class);
    }

    private static MultiLayerNetwork network(boolean own) {
        return Fixtures.started(Fixtures.base(Fixtures.kfac().build(), DataType.DOUBLE)
                .list()
                .layer(
                        own
                                ? new OwnDenseConf.Builder()
                                        .nIn(Fixtures.FEATURES)
                                        .nOut(5)
                                        .build()
                                : new DenseLayer.Builder()
                                        .nIn(Fixtures.FEATURES)
                                        .nOut(5)
                                        .build())
                .layer(Fixtures.output(5))
                .build());
    }

    private static List<DataSet> batches() {
        return Fixtures.batches(DataType.DOUBLE, 8);
    }

    @Test
    void unknownLayersTakeTheFallbackUpdater() {
        MultiLayerNetwork net = network(true);
        KFacListener.attach(net);
        assertThat(Sessions.find(net).blocks()).hasSize(1);
        Fixtures.fit(net, batches());
    }

    @Test
    void registeredRowsTrainAsThoseOfTheLayerTheyImitate() {
        BlockRegistry.register(OwnDense.class, new OwnMapper(null));
        MultiLayerNetwork own = network(true);
        MultiLayerNetwork builtIn = network(false);
        KFacListener.attach(own);
        KFacListener.attach(builtIn);
        assertThat(Sessions.find(own).blocks()).hasSize(2);
        for (DataSet batch : batches()) {
            own.fit(batch);
            builtIn.fit(batch);
        }
        assertThat(Fixtures.distance(own.params(), builtIn.params())).isLessThan(1e-10);
    }

    @Test
    void registeredBlocksPrecondition() {
        BlockRegistry.register(OwnDense.class, new OwnMapper(CountingBlock.TYPE));
        MultiLayerNetwork net = network(true);
        KFacListener.attach(net);
        assertThat(BlockTable.text(KFacListener.blocks(net))).contains("Counting");
        Fixtures.fit(net, batches());
        assertThat(Fixtures.block(net, "0").state().get("count").getDouble(0)).isPositive();
        assertThat(Fixtures.isFinite(net.params())).isTrue();
    }

    @Test
    void nullsAreRefused() {
        assertThatThrownBy(() -> BlockRegistry.register(null, new OwnMapper(null)))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("layer type");
        assertThatThrownBy(() -> BlockRegistry.register(OwnDense.class, null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("row mapper");
    }
}
