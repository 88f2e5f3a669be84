package io.github.dl4jkfac.curvature.chain;

import static io.github.dl4jkfac.curvature.chain.TestLayerChain.joined;
import static io.github.dl4jkfac.curvature.chain.TestLayerChain.shape;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.inner;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.TestBlock;
import io.github.dl4jkfac.curvature.kronecker.KroneckerBlock;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.testing.Recorder;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** Chains of three layers, and rows for them. */
final class ThreeLayers {

    /** Three layers, the one in the middle without bias. */
    static final List<BlockShape> SHAPES = List.of(shape(2, 3, true), shape(3, 2, false), shape(2, 2, true));

    static final double DAMPING = 0.05;

    private ThreeLayers() {}

    /** Rows that have nothing to do with each other, but for a mean that is not zero. */
    static List<OuterProductRows> random(long seed, int samples, DataType type) {
        return IntStream.range(0, SHAPES.size())
                .mapToObj(i -> OuterProductRows.of(
                        InputSource.of(
                                normal(seed + 10 * i, samples, SHAPES.get(i).inputs())
                                        .addi(0.5)
                                        .castTo(type)),
                        normal(seed + 10 * i + 5, samples, SHAPES.get(i).outputs())
                                .castTo(type)
                                .dup('f'),
                        samples))
                .toList();
    }

    /** Rows of a network, which are correlated from layer to layer. */
    static List<OuterProductRows> ofNetwork(int samples) {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                dense(2, 3, Activation.TANH).build(),
                dense(3, 2, Activation.SIGMOID).hasBias(false).build(),
                output(2, 2, Activation.SOFTMAX, new LossMCXENT()).build());
        Map<String, OuterProductRows> rows = Recorder.record(
                        network, TestNetworks.batch(normal(1, samples, 2), oneHot(samples, 2)))
                .rows();
        return List.of(rows.get("0"), rows.get("1"), rows.get("2"));
    }

    static TestLayerChain filled(DataType type) {
        TestLayerChain chain = TestLayerChain.of(SHAPES, 0.75, type);
        chain.block().update(List.copyOf(random(1, 12, type)));
        chain.block().update(List.copyOf(random(2, 7, type)));
        chain.refresh(DAMPING);
        return chain;
    }

    static List<INDArray> blockDiagonal(List<OuterProductRows> rows, double damping, List<INDArray> gradients) {
        return IntStream.range(0, SHAPES.size())
                .mapToObj(i -> {
                    TestBlock block = TestBlock.of(KroneckerBlock.TYPE, SHAPES.get(i), rows.get(i));
                    block.block().refresh(damping);
                    return block.precondition(gradients.get(i));
                })
                .toList();
    }

    static INDArray mask(int samples, int... out) {
        INDArray mask = Nd4j.ones(DataType.DOUBLE, samples, 1);
        for (int n : out) {
            mask.putScalar(n, 0, 0);
        }
        return mask;
    }

    static List<OuterProductRows> masked(List<OuterProductRows> rows, INDArray... masks) {
        return IntStream.range(0, masks.length)
                .mapToObj(i -> new OuterProductRows(
                        rows.get(i).inputs(),
                        rows.get(i).derivatives().mulColumnVector(masks[i]),
                        masks[i],
                        masks[i].sumNumber().doubleValue(),
                        rows.get(i).samples()))
                .toList();
    }

    static void assertDescent(TestLayerChain chain) {
        for (int k = 0; k < 20; k++) {
            INDArray v = joined(chain.gradients(100 + k));
            INDArray u = joined(chain.precondition(chain.split(v)));
            assertThat(Finite.isFinite(u)).isTrue();
            assertThat(inner(u, v)).isPositive();
        }
    }
}
