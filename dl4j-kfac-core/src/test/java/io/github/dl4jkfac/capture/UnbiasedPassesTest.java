package io.github.dl4jkfac.capture;

import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.testing.RecordedGroup;
import io.github.dl4jkfac.testing.Recorder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/**
 * Passes with random numbers have the Fisher matrix as their mean: that of {@value #PARTS} times as many batches is nearer to it by the
 * root of that number, which it could not be with a bias.
 */
@Tag("theory")
class UnbiasedPassesTest {

    private static final int SAMPLES = 2;
    private static final int STEPS = 3;
    private static final int PARTS = 10;
    private static final int BATCHES = 16;

    /** Samples that know nothing of each other can stand beside themselves in a batch, which then is as good as so many. */
    private static final int COPIES = 8;

    /** Labels that give derivatives to one row of one sample's output alone, and the probability of these. */
    private record Target(INDArray labels, double probability) {}

    /** A network whose Fisher matrix is the mean over the samples of all targets' squares. */
    private record Case(String name, MultiLayerNetwork network, INDArray features, List<Target> targets, int copies) {

        List<RecordedGroup> record(INDArray labels, DerivativeSource source, long seed) {
            return record(new MultiDataSet(features, labels), source, seed);
        }

        /** Like as many batches as there are copies. */
        List<RecordedGroup> recordCopies(DerivativeSource source, long seed) {
            INDArray labels = targets.get(0).labels;
            return record(new MultiDataSet(copied(features), copied(labels)), source, seed);
        }

        private INDArray copied(INDArray array) {
            return Nd4j.concat(0, Collections.nCopies(copies, array).toArray(INDArray[]::new));
        }

        private List<RecordedGroup> record(MultiDataSet batch, DerivativeSource source, long seed) {
            return Recorder.record(
                            network, batch, source, 1, Nd4j.getRandomFactory().getNewRandomInstance(seed))
                    .groups();
        }

        Map<String, INDArray> fisher() {
            Map<String, INDArray> blocks = new HashMap<>();
            for (Target target : targets) {
                record(target.labels, DerivativeSource.TRUE_LABELS, 0)
                        .forEach(group -> blocks.merge(
                                group.toString(), SampleMoments.of(group).mul(target.probability), INDArray::add));
            }
            return blocks;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Case classes() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                dense(3, 4, Activation.TANH).build(),
                output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build());
        INDArray x = normal(1, SAMPLES, 3);
        INDArray p = network.output(x).dup();
        List<Target> targets = new ArrayList<>();
        for (long n = 0; n < SAMPLES; n++) {
            for (long c = 0; c < 3; c++) {
                INDArray labels = p.dup(); // of the other sample the derivative is zero
                labels.getRow(n).assign(0);
                labels.putScalar(n, c, 1);
                targets.add(new Target(labels, p.getDouble(n, c)));
            }
        }
        return new Case("classes", network, x, targets, COPIES);
    }

    private static Case sequences() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                new SimpleRnn.Builder()
                        .nIn(2)
                        .nOut(2)
                        .activation(Activation.TANH)
                        .build(),
                new RnnOutputLayer.Builder(new LossMCXENT())
                        .nIn(2)
                        .nOut(3)
                        .activation(new ActivationSoftmax())
                        .build());
        INDArray x = normal(1, SAMPLES, 2, STEPS);
        INDArray p = network.output(x).dup();
        List<Target> targets = new ArrayList<>();
        for (long n = 0; n < SAMPLES; n++) {
            for (long step = 0; step < STEPS; step++) {
                for (long c = 0; c < 3; c++) {
                    INDArray labels = p.dup();
                    for (long other = 0; other < 3; other++) {
                        labels.putScalar(n, other, step, other == c ? 1 : 0);
                    }
                    targets.add(new Target(labels, p.getDouble(n, c, step)));
                }
            }
        }
        return new Case("sequences", network, x, targets, COPIES);
    }

    /** Every sample's loss has derivatives at every sample's rows. */
    private static Case batchNormalisation() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                dense(3, 3, Activation.TANH).build(),
                new BatchNormalization.Builder().nIn(3).nOut(3).build(),
                dense(3, 2, Activation.TANH).build(),
                output(2, 2, Activation.IDENTITY, new LossL2()).build());
        INDArray x = normal(1, 4, 3);
        INDArray o = network.output(x, true).dup();
        List<Target> targets = new ArrayList<>();
        for (long n = 0; n < 4; n++) {
            for (long i = 0; i < 2; i++) {
                INDArray labels = o.dup();
                labels.putScalar(n, i, o.getDouble(n, i) - Math.sqrt(0.5));
                targets.add(new Target(labels, 1));
            }
        }
        return new Case("batch normalisation", network, x, targets, 1);
    }

    static Stream<Arguments> cases() {
        return Stream.of(
                Arguments.of(classes(), DerivativeSource.MODEL_TARGETS),
                Arguments.of(classes(), DerivativeSource.RANDOM_SIGNS),
                Arguments.of(sequences(), DerivativeSource.MODEL_TARGETS),
                Arguments.of(sequences(), DerivativeSource.RANDOM_SIGNS),
                Arguments.of(sequences(), DerivativeSource.EXACT),
                Arguments.of(batchNormalisation(), DerivativeSource.MODEL_TARGETS),
                Arguments.of(batchNormalisation(), DerivativeSource.RANDOM_SIGNS),
                Arguments.of(batchNormalisation(), DerivativeSource.EXACT));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("cases")
    void meansOverManyBatchesTendToTheFisherMatrix(Case c, DerivativeSource source) {
        Map<String, INDArray> fisher = c.fisher();
        Map<String, INDArray> all = new HashMap<>();
        Map<String, Double> squares = new HashMap<>();
        for (int part = 0; part < PARTS; part++) {
            mean(c, source, part).forEach((group, mean) -> {
                all.merge(group, mean.div(PARTS), INDArray::add);
                squares.merge(group, Math.pow(error(mean, fisher.get(group)), 2) / PARTS, Double::sum);
            });
        }
        assertThat(all).isNotEmpty();
        all.forEach((group, mean) -> {
            double ofPart = Math.sqrt(squares.get(group));
            assertThat(ofPart).as("%s, error of %d batches", group, BATCHES).isLessThan(0.6);
            assertThat(error(mean, fisher.get(group)))
                    .as("%s, where %d batches have an error of %f", group, BATCHES, ofPart)
                    .isLessThan(2 * ofPart / Math.sqrt(PARTS) + 1e-12);
        });
    }

    private static Map<String, INDArray> mean(Case c, DerivativeSource source, int part) {
        Map<String, INDArray> means = new HashMap<>();
        int recordings = BATCHES / c.copies;
        for (int k = 0; k < recordings; k++) {
            c.recordCopies(source, (long) part * BATCHES + k)
                    .forEach(group -> means.merge(
                            group.toString(), SampleMoments.of(group).div(recordings), INDArray::add));
        }
        return means;
    }
}
