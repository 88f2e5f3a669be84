package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.NaturalGradientUpdater;
import io.github.dl4jkfac.testing.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.impl.LossL1;

/**
 * No decision hangs on rounding: parameters and data that differ in their last digits, as they do from one processor's kernels to the
 * next, are trained to parameters that differ in late digits. A threshold that happens to be met by one and not by the other would
 * change the step itself.
 */
class PerturbationTest {

    private static final DataType TYPE = DataType.DOUBLE;

    /** Some units in the last place. */
    private static final double PERTURBATION = 1e-15;

    /** Far above what conditioning makes of the perturbation, far below what another decision would make. */
    private static final double TOLERANCE = 1e-4;

    private static final int STEPS = 4;

    /** Samples in a batch. */
    private static final List<Integer> SIZES = List.of(1, 2, 7);

    enum Subject {
        CLASSIFIER {
            @Override
            Model create(NaturalGradientUpdater updater) {
                return Fixtures.mlp(updater, TYPE);
            }
        },
        /** Its derivatives are weights with a sign, so gradients of different samples may be exactly equal or opposite. */
        WEIGHTED_L1_ON_EMBEDDING {
            @Override
            Model create(NaturalGradientUpdater updater) {
                return Fixtures.started(Fixtures.base(updater, TYPE)
                        .list()
                        .layer(new EmbeddingLayer.Builder()
                                .nIn(4)
                                .nOut(3)
                                .hasBias(true)
                                .build())
                        .layer(Fixtures.dense(3, 4))
                        .layer(new OutputLayer.Builder(new LossL1(Nd4j.createFromArray(new double[] {0.5, 2, 1})
                                        .reshape(1, 3)))
                                .nIn(4)
                                .nOut(3)
                                .activation(Activation.IDENTITY)
                                .build())
                        .build());
            }

            @Override
            DataSet batch(int samples, long seed) {
                DataSet batch = super.batch(samples, seed);
                INDArray indices = Nd4j.create(TYPE, samples, 1);
                for (int n = 0; n < samples; n++) {
                    indices.putScalar(n, 0, (n + seed) % 4);
                }
                return new DataSet(indices, batch.getLabels().mul(0.7).addi(0.1));
            }
        },
        WITH_FALLBACK {
            @Override
            Model create(NaturalGradientUpdater updater) {
                return Fixtures.Kind.WITH_FALLBACK.create(updater, TYPE);
            }
        };

        abstract Model create(NaturalGradientUpdater updater);

        DataSet batch(int samples, long seed) {
            return Fixtures.batch(TYPE, samples, seed);
        }
    }

    static Stream<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        for (String updater : OverflowTest.updaters().keySet()) {
            for (Subject subject : Subject.values()) {
                // in turn; where samples may be equal, several of them in any case
                cases.add(Arguments.of(updater, subject, SIZES.get(cases.size() % SIZES.size())));
                if (subject == Subject.WEIGHTED_L1_ON_EMBEDDING) {
                    cases.add(Arguments.of(updater, subject, SIZES.get(SIZES.size() - 1)));
                }
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void changesLateDigitsOnly(String updater, Subject subject, int samples) {
        INDArray path = path(updater, subject, samples, 0);
        INDArray perturbed = path(updater, subject, samples, PERTURBATION);
        assertThat(Fixtures.distance(path, perturbed)).isLessThan(TOLERANCE);
    }

    /** How far the parameters have moved. */
    private static INDArray path(String updater, Subject subject, int samples, double perturbation) {
        Model model = subject.create(OverflowTest.updaters().get(updater).get());
        KFacListener.attach(model);
        INDArray noise = Nd4j.rand(
                        Nd4j.getRandomFactory().getNewRandomInstance(3),
                        model.params().shape())
                .castTo(TYPE)
                .subi(0.5);
        model.params().addi(model.params().mul(noise).muli(perturbation));
        INDArray start = model.params().dup();
        for (int i = 0; i < STEPS; i++) {
            Fixtures.fit(model, subject.batch(samples, 20 + i));
        }
        return model.params().sub(start);
    }
}
