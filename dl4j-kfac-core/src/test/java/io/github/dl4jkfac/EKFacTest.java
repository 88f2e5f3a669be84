package io.github.dl4jkfac;

import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.meanProduct;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static io.github.dl4jkfac.testing.TestNetworks.vec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.curvature.BlockKind;
import io.github.dl4jkfac.curvature.eigen.EigenBlock;
import io.github.dl4jkfac.curvature.kronecker.DepthwiseBlock;
import io.github.dl4jkfac.curvature.kronecker.DoublyFactoredBlock;
import io.github.dl4jkfac.curvature.kronecker.EmbeddingBlock;
import io.github.dl4jkfac.curvature.kronecker.UnitwiseBlock;
import io.github.dl4jkfac.session.BoundBlock;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.step.RefreshPlan;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import io.github.dl4jkfac.testing.Recorder;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** EKFAC in fit(): its steps by dense matrices, its second moments by gradients of single samples, its blocks by layer. */
@Tag("training")
class EKFacTest {

    private static final double RATE = 0.1;
    private static final double DAMPING = 0.05;

    private static INDArray gradient(Model model, String layer, DataSet batch) {
        return Recorder.record(model, TestNetworks.batch(batch.getFeatures(), batch.getLabels()))
                .gradients()
                .get(layer);
    }

    /** Statistics that forget at once: S is the present batch's, in a basis that may be older. */
    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"SEQUENTIAL", "GRAPH"})
    void stepsAreThoseOfThePresentMomentsInTheLastBasis(Kind kind) {
        EKFac updater = EKFac.builder()
                .curvature(Curvature.EMPIRICAL_FISHER)
                .learningRate(RATE)
                .momentum(0)
                .withoutKlClip()
                .damping(DAMPING)
                .statisticsDecay(0)
                .basisInterval(4)
                .build();
        Model model = kind.create(updater, DataType.DOUBLE);
        Model plain = kind.create(new Sgd(1), DataType.DOUBLE);
        KFacListener.attach(model);
        List<BoundBlock> blocks = KFacListener.SESSIONS.of(model).blocks();
        for (int step = 0; step < 8; step++) {
            DataSet batch = Fixtures.batch(DataType.DOUBLE, 10, step);
            plain.setParams(model.params().dup());
            Fixtures.fit(model, batch);
            for (BoundBlock block : blocks) {
                String layer = block.plan().name();
                INDArray taken = TestNetworks.weights(plain, layer).sub(TestNetworks.weights(model, layer));
                INDArray v = vec(gradient(plain, layer, batch)).div(10);
                INDArray damped = TestNetworks.dampedMoments(
                        TestNetworks.kron(
                                block.state().get("A_inverse_basis"),
                                block.state().get("G_inverse_basis")),
                        block.state().get("S"),
                        DAMPING);
                assertThat(error(vec(taken), v.mmul(inverse(damped)).mul(RATE)))
                        .as("layer %s, step %d", layer, step)
                        .isLessThan(1e-9);
                if (!new RefreshPlan(1, 4).inversesDue(step)) {
                    INDArray ua = block.state().get("A_inverse_basis");
                    INDArray ug = block.state().get("G_inverse_basis");
                    assertThat(error(block.state().get("S"), moments(plain, layer, ua, ug, batch)))
                            .as("layer %s, step %d", layer, step)
                            .isLessThan(1e-10);
                }
            }
        }
    }

    /** The mean over the samples of (Ua^T grad Ug)^2. */
    private static INDArray moments(Model plain, String layer, INDArray ua, INDArray ug, DataSet batch) {
        INDArray sum = Nd4j.zeros(DataType.DOUBLE, ua.size(0), ug.size(0));
        for (int n = 0; n < batch.numExamples(); n++) {
            DataSet sample = new DataSet(
                    rows(batch.getFeatures(), n, n + 1).dup(),
                    rows(batch.getLabels(), n, n + 1).dup());
            INDArray turned =
                    ua.transpose().mmul(gradient(plain, layer, sample)).mmul(ug);
            sum.addi(turned.mul(turned));
        }
        return sum.div(batch.numExamples());
    }

    /** The samples' gradients count, not the factors' eigenvalues, though every batch brings new eigenvectors. */
    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"SEQUENTIAL", "GRAPH"})
    void secondMomentsEnterWhereEveryStepBringsABasis(Kind kind) {
        EKFac updater = EKFac.builder()
                .curvature(Curvature.EMPIRICAL_FISHER)
                .learningRate(RATE)
                .damping(DAMPING)
                .statisticsDecay(0.6)
                .basisInterval(1)
                .build();
        Model model = kind.create(updater, DataType.DOUBLE);
        Model plain = kind.create(new Sgd(1), DataType.DOUBLE);
        KFacListener.attach(model);
        List<BoundBlock> blocks = KFacListener.SESSIONS.of(model).blocks();
        Fixtures.fit(model, Fixtures.batch(DataType.DOUBLE, 10, 0));
        for (int step = 1; step < 6; step++) {
            DataSet batch = Fixtures.batch(DataType.DOUBLE, 10, step);
            plain.setParams(model.params().dup());
            List<Map<String, INDArray>> before = blocks.stream()
                    .map(block -> Stream.of("S", "A_inverse_basis", "G_inverse_basis")
                            .collect(Collectors.toMap(
                                    name -> name,
                                    name -> block.state().get(name).dup())))
                    .toList();
            Fixtures.fit(model, batch);
            double keep = Math.min(1 - 1.0 / (step + 1), 0.6);
            for (int i = 0; i < blocks.size(); i++) {
                INDArray ua = before.get(i).get("A_inverse_basis");
                INDArray ug = before.get(i).get("G_inverse_basis");
                INDArray measured = moments(plain, blocks.get(i).plan().name(), ua, ug, batch);
                INDArray s = before.get(i).get("S").mul(keep).add(measured.mul(1 - keep));
                BlockState now = blocks.get(i).state();
                INDArray turn = TestNetworks.kron(
                        now.get("A_inverse_basis").transpose().mmul(ua),
                        now.get("G_inverse_basis").transpose().mmul(ug));
                INDArray carried = turn.mul(turn).mmul(vec(s).transpose()).transpose();
                assertThat(error(vec(now.get("S")), carried))
                        .as("block %d, step %d", i, step)
                        .isLessThan(1e-10);
            }
        }
    }

    private static void assertTwoStepsSolveLeastSquares(ILossFunction loss) {
        EKFac undamped = EKFac.builder()
                .damping(1e-12)
                .learningRate(1)
                .momentum(0)
                .withoutKlClip()
                .build();
        Model network = sequence(
                settings(undamped), output(4, 3, Activation.IDENTITY, loss).build());
        KFacListener.attach(network);
        INDArray x = normal(1, 6000, 4);
        INDArray y = normal(2, 6000, 3);
        INDArray abar = homogeneous(x);
        INDArray solution = inverse(meanProduct(abar, abar)).mmul(meanProduct(abar, y));
        double distance = error(TestNetworks.weights(network, "0"), solution);
        // each step leaves the sampling error of the second moments, about sqrt(8 / 6000), times the distance before it
        for (int step = 0; step < 2; step++) {
            TestNetworks.fit(network, TestNetworks.batch(x, y));
            double left = error(TestNetworks.weights(network, "0"), solution);
            assertThat(left).isLessThan(3 * Math.sqrt(8.0 / 6000) * distance);
            distance = left;
        }
    }

    @Test
    void undampedStepsOfFitSolveLeastSquaresUpToTheSamplingError() {
        assertTwoStepsSolveLeastSquares(new LossL2());
        assertTwoStepsSolveLeastSquares(new LossMSE());
    }

    private static MultiLayerNetwork network(EKFac updater, InputType input, Layer... layers) {
        MultiLayerNetwork network = new MultiLayerNetwork(settings(updater)
                .dataType(DataType.FLOAT)
                .activation(Activation.TANH)
                .list(layers)
                .setInputType(input)
                .build());
        network.init();
        KFacListener.attach(network);
        return network;
    }

    private static OutputLayer classes() {
        return new OutputLayer.Builder(LossFunction.MCXENT)
                .nOut(3)
                .activation(Activation.SOFTMAX)
                .build();
    }

    private static INDArray labels(int count) {
        return TestNetworks.oneHot(count, 3).castTo(DataType.FLOAT);
    }

    private static void assertKinds(Model model, Map<String, BlockKind> expected) {
        assertThat(KFacListener.SESSIONS.of(model).blocks().stream()
                        .collect(Collectors.toMap(block -> block.plan().name(), BoundBlock::kind)))
                .isEqualTo(expected);
    }

    private static void assertLearns(MultiLayerNetwork network, DataSet batch) {
        network.fit(batch);
        double before = network.score();
        for (int step = 0; step < 25; step++) {
            network.fit(batch);
            assertThat(network.score()).isFinite();
        }
        assertThat(network.score()).isLessThan(0.6 * before);
        assertThat(Fixtures.isFinite(network.params())).isTrue();
        assertThat(Fixtures.isFinite(Fixtures.state(network))).isTrue();
    }

    /** Every kind of layer that has an image before it. */
    @Test
    void imagesAreLearnt() {
        MultiLayerNetwork network = network(
                new EKFac(),
                InputType.convolutional(6, 6, 2),
                new ConvolutionLayer.Builder(3, 3).nOut(4).build(),
                new BatchNormalization(),
                new SeparableConvolution2D.Builder(2, 2).nOut(3).build(),
                dense(0, 5, Activation.TANH).build(),
                classes());
        assertKinds(
                network,
                Map.of(
                        "0", EigenBlock.TYPE,
                        "1", UnitwiseBlock.TYPE,
                        "2:W", DepthwiseBlock.TYPE,
                        "2:pW,b", EigenBlock.TYPE,
                        "3", EigenBlock.TYPE,
                        "4", EigenBlock.TYPE));
        assertLearns(network, new DataSet(normal(1, 12, 2, 6, 6).castTo(DataType.FLOAT), labels(12)));
    }

    /** Sequences of different lengths: shorter than any factor is wide, and longer than all. */
    @ParameterizedTest
    @ValueSource(ints = {4, 17})
    void sequencesAreLearnt(int steps) {
        MultiLayerNetwork network = network(
                new EKFac(),
                InputType.recurrent(3),
                new LSTM.Builder().nOut(4).build(),
                new RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build());
        assertKinds(network, Map.of("0", EigenBlock.TYPE, "1", EigenBlock.TYPE));
        INDArray y = Nd4j.zeros(DataType.FLOAT, 10, 3, steps);
        INDArray mask = Nd4j.ones(DataType.FLOAT, 10, steps);
        for (int n = 0; n < 10; n++) {
            for (int t = 0; t < steps; t++) {
                y.putScalar(new int[] {n, t % 3, t}, 1);
                mask.putScalar(n, t, t < steps - n % 3 ? 1 : 0);
            }
        }
        INDArray x = y.dup(); // echoes its input
        assertLearns(network, new DataSet(x, y, mask, mask));
    }

    @Test
    void wordsAreLearnt() {
        MultiLayerNetwork network = network(
                new EKFac(),
                InputType.feedForward(6),
                new EmbeddingLayer.Builder().nIn(6).nOut(4).build(),
                classes());
        assertKinds(network, Map.of("0", EmbeddingBlock.TYPE, "1", EigenBlock.TYPE));
        INDArray words =
                Nd4j.arange(12).castTo(DataType.FLOAT).reshape('c', 12, 1).fmod(6);
        assertLearns(network, new DataSet(words, labels(12)));
    }

    @Test
    void factorsThatWouldBeTooLargeAreReplaced() {
        MultiLayerNetwork network = network(
                EKFac.builder().maxFactorDimension(8).build(),
                InputType.feedForward(9),
                dense(9, 6, Activation.TANH).build(),
                dense(6, 9, Activation.TANH).build(),
                dense(9, 7, Activation.TANH).hasBias(false).build(),
                classes());
        // layer 1 has too many outputs
        assertKinds(
                network, Map.of("0", DoublyFactoredBlock.TYPE, "2", DoublyFactoredBlock.TYPE, "3", EigenBlock.TYPE));
        assertLearns(network, new DataSet(normal(1, 12, 9).castTo(DataType.FLOAT), labels(12)));
    }

    @Test
    void defaultsAreTheDocumentedOnes() {
        EKFac explicit = EKFac.builder()
                .automatic()
                .learningRate(KFac.AUTOMATIC_LEARNING_RATE)
                .damping(EKFac.DEFAULT_DAMPING)
                .statisticsInterval(EKFac.DEFAULT_STATISTICS_INTERVAL)
                .basisInterval(EKFac.DEFAULT_BASIS_INTERVAL)
                .statisticsDecay(EKFac.DEFAULT_STATISTICS_DECAY)
                .statisticsFraction(EKFac.DEFAULT_STATISTICS_FRACTION)
                .maxFactorDimension(EKFac.DEFAULT_MAX_FACTOR_DIMENSION)
                .curvature(EKFac.DEFAULT_CURVATURE)
                .build();
        assertThat(explicit).isEqualTo(new EKFac());
        EKFac byHand = explicit.toBuilder().klClip(EKFac.DEFAULT_KL_CLIP).build();
        assertThat(byHand)
                .isEqualTo(EKFac.builder()
                        .learningRate(EKFac.DEFAULT_LEARNING_RATE)
                        .momentum(EKFac.DEFAULT_MOMENTUM)
                        .klClip(EKFac.DEFAULT_KL_CLIP)
                        .build());
        assertThat(byHand.toBuilder().automatic().build()).isEqualTo(explicit);
        assertThat(new EKFac().curvature()).isEqualTo(EKFac.DEFAULT_CURVATURE);
        assertThat(EKFac.builder().curvature(Curvature.EMPIRICAL_FISHER).build().curvature())
                .isEqualTo(Curvature.EMPIRICAL_FISHER);
    }

    @Test
    void layersMayNotMixItWithKFac() {
        Function<NaturalGradientUpdater, MultiLayerNetwork> mixed = other -> sequence(
                settings(EKFac.builder()
                        .basisInterval(KFac.DEFAULT_INVERSE_INTERVAL)
                        .build()),
                dense(2, 3, Activation.TANH).updater(other).build(),
                output(3, 2, Activation.IDENTITY, new LossL2()).build());
        KFacListener.attach(mixed.apply(EKFac.builder()
                .basisInterval(KFac.DEFAULT_INVERSE_INTERVAL)
                .damping(1)
                .build()));
        MultiLayerNetwork network =
                mixed.apply(KFac.builder().statisticsInterval(1).build());
        assertThatThrownBy(() -> KFacListener.attach(network))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("EKFac");
    }
}
