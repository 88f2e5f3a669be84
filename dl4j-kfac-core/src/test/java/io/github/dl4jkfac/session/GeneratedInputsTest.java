package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.github.dl4jkfac.AdaFisher;
import io.github.dl4jkfac.AdaFisherW;
import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.ExactFisher;
import io.github.dl4jkfac.FAdam;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.NaturalGradientUpdater;
import io.github.dl4jkfac.Structure;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.plan.Method;
import io.github.dl4jkfac.testing.Fixtures;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Generated bad batches on generated networks with every updater. Whatever comes in, training ends in one of three ways: an error that
 * says something, and nothing has changed; a batch that is counted as left out, and nothing has changed; or a step after which every
 * number is finite. A good batch afterwards trains on in all three.
 */
class GeneratedInputsTest {

    private static final int NETWORKS = 100;

    /** Bad batches for each network, with a good one after each. */
    private static final int FAULTS = 3;

    private static final long SEED = 20260101;

    /** Steps before the bad batch: with the fixtures' intervals, the next ones touch momentum alone, statistics, or inverses too. */
    private static final int MOST_STEPS_BEFORE = 4;

    enum Subject {
        DENSE {
            @Override
            Model create(IUpdater updater, DataType type) {
                return Fixtures.mlp(updater, type);
            }
        },
        GRAPH {
            @Override
            Model create(IUpdater updater, DataType type) {
                return Fixtures.graph(updater, type);
            }
        },
        REGRESSION {
            @Override
            Model create(IUpdater updater, DataType type) {
                return Fixtures.started(Fixtures.base(updater, type)
                        .list()
                        .layer(Fixtures.dense(Fixtures.FEATURES, 4))
                        .layer(new PReLULayer.Builder().inputShape(4).build())
                        .layer(new org.deeplearning4j.nn.conf.layers.OutputLayer.Builder(LossFunction.MSE)
                                .activation(Activation.IDENTITY)
                                .nOut(Fixtures.CLASSES)
                                .build())
                        .setInputType(InputType.feedForward(Fixtures.FEATURES))
                        .build());
            }
        },
        NORMALISED {
            @Override
            Model create(IUpdater updater, DataType type) {
                return Fixtures.started(Fixtures.base(updater, type)
                        .list()
                        .layer(Fixtures.dense(Fixtures.FEATURES, 4))
                        .layer(new BatchNormalization())
                        .layer(new DenseLayer.Builder()
                                .nOut(4)
                                .hasLayerNorm(true)
                                .build())
                        .layer(Fixtures.output(4))
                        .setInputType(InputType.feedForward(Fixtures.FEATURES))
                        .build());
            }
        },
        WITH_FALLBACK {
            @Override
            Model create(IUpdater updater, DataType type) {
                return Fixtures.Kind.WITH_FALLBACK.create(updater, type);
            }
        },
        IMAGES {
            @Override
            Model create(IUpdater updater, DataType type) {
                return Fixtures.started(Fixtures.base(updater, type)
                        .list()
                        .layer(new ConvolutionLayer.Builder(2, 2).nOut(3).build())
                        .layer(Fixtures.output(18))
                        .setInputType(InputType.convolutional(4, 3, 2))
                        .build());
            }

            @Override
            DataSet good(DataType type, int seed) {
                DataSet flat = Fixtures.batch(type, Fixtures.BATCH, seed);
                INDArray images = Nd4j.rand(
                                Nd4j.getRandomFactory().getNewRandomInstance(seed), new long[] {Fixtures.BATCH, 24})
                        .castTo(type)
                        .reshape(Fixtures.BATCH, 2, 4, 3);
                return new DataSet(images, flat.getLabels());
            }
        },
        SEQUENCES {
            @Override
            Model create(IUpdater updater, DataType type) {
                return Fixtures.started(Fixtures.base(updater, type)
                        .list()
                        .layer(new LSTM.Builder().nIn(Fixtures.FEATURES).nOut(4).build())
                        .layer(new RnnOutputLayer.Builder(LossFunction.MCXENT)
                                .activation(Activation.SOFTMAX)
                                .nIn(4)
                                .nOut(Fixtures.CLASSES)
                                .build())
                        .build());
            }

            @Override
            DataSet good(DataType type, int seed) {
                int steps = 3;
                DataSet flat = Fixtures.batch(type, Fixtures.BATCH * steps, seed);
                return new DataSet(inTime(flat.getFeatures(), steps), inTime(flat.getLabels(), steps));
            }
        };

        abstract Model create(IUpdater updater, DataType type);

        DataSet good(DataType type, int seed) {
            return Fixtures.batch(type, Fixtures.BATCH, seed);
        }

        private static INDArray inTime(INDArray rows, int steps) {
            return rows.reshape('c', Fixtures.BATCH, steps, rows.size(1))
                    .permute(0, 2, 1)
                    .dup('c');
        }
    }

    private enum Method {
        KFAC(() -> Fixtures.kfac().build()),
        KFAC_EXACT(() -> Fixtures.kfac().curvature(Curvature.EXACT_FISHER).build()),
        KFAC_IMPROVED(() ->
                Fixtures.kfac().curvature(Curvature.IMPROVED_EMPIRICAL_FISHER).build()),
        TRIDIAGONAL(() -> Fixtures.kfac().structure(Structure.BLOCK_TRIDIAGONAL).build()),
        EKFAC(() -> EKFac.builder().basisInterval(4).build()),
        IEF(ExactFisher::new),
        SAMPLED(() -> ExactFisher.builder().curvature(Curvature.SAMPLED_FISHER).build()),
        EGN(() -> ExactFisher.builder().curvature(Curvature.EXACT_FISHER).build()),
        ADA_FISHER(() -> AdaFisher.builder().statisticsInterval(2).build()),
        ADA_FISHER_W(AdaFisherW::new),
        FADAM(FAdam::new);

        private final Supplier<NaturalGradientUpdater> updater;

        Method(Supplier<NaturalGradientUpdater> updater) {
            this.updater = updater;
        }
    }

    static Stream<Arguments> cases() {
        Random random = new Random(SEED);
        return IntStream.range(0, NETWORKS)
                .mapToObj(i -> Arguments.of(
                        any(Subject.values(), random),
                        any(Method.values(), random),
                        faults(i),
                        random.nextBoolean() ? DataType.FLOAT : DataType.DOUBLE,
                        random.nextInt(MOST_STEPS_BEFORE + 1),
                        random.nextLong()));
    }

    /** Every fault comes equally often, beside others from round to round. */
    private static List<BadBatch> faults(int network) {
        BadBatch[] all = BadBatch.values();
        return IntStream.range(0, FAULTS)
                .mapToObj(k -> all[(network + k * all.length / FAULTS) % all.length])
                .toList();
    }

    private static <T> T any(T[] values, Random random) {
        return values[random.nextInt(values.length)];
    }

    @ParameterizedTest
    @MethodSource("cases")
    void endWell(Subject subject, Method method, List<BadBatch> faults, DataType type, int before, long seed) {
        Model model = trained(subject, method.updater.get(), type, before);
        KFacListener listener = KFacListener.attach(model);
        Random random = new Random(seed);
        for (BadBatch fault : faults) {
            DataSet bad = fault.of(subject.good(type, 99), random);
            assertThatCode(() -> requireGoodEnd(subject, type, model, listener, bad))
                    .as("%s", fault)
                    .doesNotThrowAnyException();
        }
    }

    private static void requireGoodEnd(
            Subject subject, DataType type, Model model, KFacListener listener, DataSet bad) {
        INDArray params = Fixtures.params(model);
        INDArray state = Fixtures.state(model);
        long leftOut = listener.report(model).skippedBatches();

        Throwable error = errorOf(model, bad);

        if (error != null) {
            assertThat(isClear(error, subject, type, bad))
                    .as(String.valueOf(error))
                    .isTrue();
            assertUnchanged(model, params, state);
        } else if (listener.report(model).skippedBatches() > leftOut) {
            assertUnchanged(model, params, state);
        }
        assertFinite(model);
        clearMasks(model);
        Fixtures.fit(model, subject.good(type, 98));
        assertFinite(model);
        if (Fixtures.sameBits(params, model.params())) {
            assertThat(listener.report(model).skippedBatches())
                    .as("a good batch that moves nothing")
                    .isGreaterThan(leftOut);
        }
    }

    private static Model trained(Subject subject, IUpdater updater, DataType type, int steps) {
        Model model = subject.create(updater, type);
        if (updater instanceof NaturalGradientUpdater) {
            KFacListener.attach(model);
        }
        for (int i = 0; i < steps; i++) {
            Fixtures.fit(model, subject.good(type, i));
        }
        return model;
    }

    private static Throwable errorOf(Model model, DataSet batch) {
        try {
            Fixtures.fit(model, batch);
            return null;
        } catch (RuntimeException e) {
            return e;
        }
    }

    /** Where DL4J throws it leaves the masks of the bad batch in the layers, whatever the updater. */
    private static void clearMasks(Model model) {
        if (model instanceof MultiLayerNetwork network) {
            network.clearLayerMaskArrays();
        } else {
            ((ComputationGraph) model).clearLayerMaskArrays();
        }
    }

    /** An error of ours says what is wrong and what to do; one of DL4J's own is what Adam would have met as well. */
    private static boolean isClear(Throwable error, Subject subject, DataType type, DataSet bad) {
        List<Class<?>> ours = List.of(IllegalArgumentException.class, IllegalStateException.class);
        if (ours.contains(error.getClass())
                && error.getMessage() != null
                && error.getMessage().length() > 40) {
            return true;
        }
        Throwable adams = errorOf(trained(subject, new Adam(1e-3), type, 0), bad);
        return adams != null && adams.getClass() == error.getClass();
    }

    private static void assertUnchanged(Model model, INDArray params, INDArray state) {
        assertThat(Fixtures.sameBits(model.params(), params))
                .as("parameters as before")
                .isTrue();
        INDArray now = Fixtures.state(model);
        assertThat(Fixtures.sameBits(now, state)).as("state as before").isTrue();
    }

    private static void assertFinite(Model model) {
        // in float64, since sums of finite numbers may overflow
        assertThat(Fixtures.isFinite(model.params().castTo(DataType.DOUBLE)))
                .as("finite parameters")
                .isTrue();
        INDArray state = NetworkView.existingUpdater(model).getStateViewArray();
        assertThat(Fixtures.isFinite(state.castTo(DataType.DOUBLE)))
                .as("finite state")
                .isTrue();
    }
}
