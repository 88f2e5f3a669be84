package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import java.io.File;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** An updater state says who made it, and serves nobody else. */
class StateOwnershipTest {

    @TempDir
    File folder;

    static Stream<Arguments> strangers() {
        ExactFisher exact = new ExactFisher();
        KFac kfac = Fixtures.kfac().build();
        return Stream.of(
                        Arguments.of(
                                kfac,
                                kfac.toBuilder()
                                        .curvature(Curvature.EMPIRICAL_FISHER)
                                        .build()),
                        Arguments.of(
                                exact,
                                exact.toBuilder()
                                        .curvature(Curvature.SAMPLED_FISHER)
                                        .build()),
                        Arguments.of(exact, exact.toBuilder().layerWise().build()),
                        Arguments.of(new AdaFisher(), new AdaFisherW()),
                        Arguments.of(
                                new AdaFisher(),
                                AdaFisher.builder().scaledAverages().build()))
                .flatMap(pair -> Stream.of(
                        Arguments.of(pair.get()[0], pair.get()[1], Kind.SEQUENTIAL, DataType.FLOAT),
                        Arguments.of(pair.get()[1], pair.get()[0], Kind.GRAPH, DataType.DOUBLE)));
    }

    @ParameterizedTest
    @MethodSource("strangers")
    void aStateOfEqualLengthIsRefused(
            NaturalGradientUpdater maker, NaturalGradientUpdater other, Kind kind, DataType type) {
        List<DataSet> batches = Fixtures.batches(type, 3);
        Model source = kind.create(maker, type);
        KFacListener.attach(source);
        Fixtures.fit(source, batches);
        Model target = kind.create(other, type);
        KFacListener.attach(target);
        Fixtures.fit(target, batches);
        NetworkView.existingUpdater(target).setStateViewArray(Fixtures.state(source));
        INDArray params = Fixtures.params(target);
        assertThatThrownBy(() -> Fixtures.fit(target, batches))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("layer '", "'" + maker.maker() + "'", "'" + other.maker() + "'", "restore");
        assertThat(Fixtures.sameBits(target.params(), params)).isTrue();
        assertThat(Fixtures.sameBits(Fixtures.state(target), Fixtures.state(source)))
                .isTrue();
    }

    @Test
    void aFileWhoseConfigurationWasExchangedIsRefused() throws Exception {
        MultiLayerNetwork net = Fixtures.mlp(new ExactFisher(), DataType.FLOAT);
        KFacListener.attach(net);
        Fixtures.fit(net, Fixtures.batches(DataType.FLOAT, 3));
        String json =
                net.getLayerWiseConfigurations().toJson().replace("IMPROVED_EMPIRICAL_FISHER", "RANDOM_SIGN_FISHER");
        MultiLayerNetwork exchanged = Fixtures.started(MultiLayerConfiguration.fromJson(json));
        exchanged.setParams(net.params());
        NetworkView.of(exchanged).updater().setStateViewArray(Fixtures.state(net));
        assertThatThrownBy(() -> KFacListener.attach(exchanged))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("ExactFisher IMPROVED_EMPIRICAL_FISHER", "ExactFisher RANDOM_SIGN_FISHER");
        KFacListener.swapUpdater(
                exchanged,
                ExactFisher.builder().curvature(Curvature.EXACT_FISHER).build()); // the way out
        Fixtures.fit(exchanged, Fixtures.batches(DataType.FLOAT, 3));
    }

    /** HALF has no room for the state: neither for its numbers nor for the name of its maker. */
    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"SEQUENTIAL", "GRAPH"})
    void aNetworkThatHasBeenConvertedToHalfAndBackGoesOn(Kind kind) {
        for (NaturalGradientUpdater updater :
                List.of(Fixtures.kfac().build(), new EKFac(), new ExactFisher(), new AdaFisher(), new FAdam())) {
            Model model = kind.create(updater, DataType.FLOAT);
            KFacListener.attach(model);
            Fixtures.fit(model, Fixtures.batches(DataType.FLOAT, 3));
            Model back = converted(converted(model, DataType.HALF), DataType.FLOAT);
            KFacListener listener = KFacListener.attach(back);
            INDArray before = back.params().dup();
            Fixtures.fit(back, Fixtures.batches(DataType.FLOAT, 3));
            assertThat(Fixtures.isFinite(back.params())).isTrue();
            assertThat(Fixtures.isFinite(Fixtures.state(back))).isTrue();
            assertThat(Fixtures.sameBits(back.params(), before)).isFalse();
            // FAdam's averages, like Adam's, are coarser now, and go on
            assertThat(listener.report(back).steps()).as(updater.name()).isEqualTo(updater instanceof FAdam ? 6 : 3);
        }
    }

    /** The number of steps is kept in two digits, the lower of which goes up to 2^20, where HALF ends at 65504. */
    @Test
    void aLongTrainingThatHasBeenConvertedToHalfAndBackBeginsAnew() {
        MultiLayerNetwork net = Fixtures.mlp(new FAdam(), DataType.FLOAT);
        KFacListener.attach(net);
        Fixtures.fit(net, Fixtures.batches(DataType.FLOAT, 1));
        net.getUpdater().getStateViewArray().putScalar(0, 1, 70_000);
        MultiLayerNetwork back = net.convertDataType(DataType.HALF).convertDataType(DataType.FLOAT);
        KFacListener listener = KFacListener.attach(back);
        INDArray before = back.params().dup();
        Fixtures.fit(back, Fixtures.batches(DataType.FLOAT, 3));
        assertThat(listener.report(back).steps()).isEqualTo(3);
        assertThat(Fixtures.isFinite(back.params())).isTrue();
        assertThat(Fixtures.sameBits(back.params(), before)).isFalse();
    }

    private static Model converted(Model model, DataType type) {
        return model instanceof MultiLayerNetwork net
                ? net.convertDataType(type)
                : ((ComputationGraph) model).convertDataType(type);
    }

    @Test
    void aStateOfZerosStartsAfreshAndOtherNumbersWithoutANameAreRefused() {
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, 4);
        MultiLayerNetwork net = Fixtures.mlp(Fixtures.kfac().build(), DataType.DOUBLE);
        KFacListener listener = KFacListener.attach(net);
        Fixtures.fit(net, batches);
        net.getUpdater().getStateViewArray().assign(0);
        Fixtures.fit(net, batches);
        assertThat(listener.report(net).steps()).isEqualTo(4);

        INDArray state = net.getUpdater().getStateViewArray();
        INDArray own = state.dup();
        state.assign(Nd4j.rand(state.dataType(), state.shape()).subi(0.5));
        assertThatThrownBy(() -> Fixtures.fit(net, batches))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("KFac SAMPLED_FISHER");
        state.assign(own);
        Fixtures.fit(net, batches);
        assertThat(listener.report(net).steps()).isEqualTo(8);
    }
}
