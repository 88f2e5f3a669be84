package io.github.dl4jkfac.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.session.BoundBlock;
import io.github.dl4jkfac.session.Sessions;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Small networks, small batches, and comparison to the last bit. */
public final class Fixtures {

    public static final int FEATURES = 6;
    public static final int CLASSES = 3;
    public static final int BATCH = 12;

    private Fixtures() {}

    /** The kinds of network that every convention has to hold for; all take [N,6] and predict 3 classes. */
    public enum Kind {
        SEQUENTIAL {
            @Override
            public Model create(IUpdater updater, DataType type) {
                return mlp(updater, type);
            }
        },
        GRAPH {
            @Override
            public Model create(IUpdater updater, DataType type) {
                return graph(updater, type);
            }
        },
        /** Batch normalisation and a bias with its own updater: DL4J's updater blocks are split in many ways. */
        SPLIT_BLOCKS {
            @Override
            public Model create(IUpdater updater, DataType type) {
                return started(base(updater, type)
                        .list()
                        .layer(dense(FEATURES, 5))
                        .layer(new BatchNormalization.Builder().nIn(5).nOut(5).build())
                        .layer(new DenseLayer.Builder()
                                .nIn(5)
                                .nOut(4)
                                .biasUpdater(new Sgd(0.05))
                                .build())
                        .layer(dense(4, 4))
                        .layer(output(4))
                        .build());
            }
        },
        /** A layer without a block between two with one. */
        WITH_FALLBACK {
            @Override
            public Model create(IUpdater updater, DataType type) {
                return started(base(updater, type)
                        .list()
                        .layer(dense(FEATURES, 5))
                        .layer(new VariationalAutoencoder.Builder()
                                .nIn(5)
                                .nOut(5)
                                .encoderLayerSizes(4)
                                .decoderLayerSizes(4)
                                .build())
                        .layer(output(5))
                        .build());
            }
        };

        public abstract Model create(IUpdater updater, DataType type);
    }

    /** K-FAC whose steps are controlled by hand, with short intervals, so that a few steps see all of its cycles. */
    public static KFac.Builder kfac() {
        return KFac.builder()
                .klClip(KFac.DEFAULT_KL_CLIP)
                .learningRate(0.1)
                .damping(0.05)
                .statisticsInterval(2)
                .inverseInterval(4);
    }

    public static NeuralNetConfiguration.Builder base(IUpdater updater, DataType type) {
        return new NeuralNetConfiguration.Builder()
                .seed(42)
                .dataType(type)
                .updater(updater)
                .activation(Activation.TANH)
                .weightInit(WeightInit.XAVIER);
    }

    public static DenseLayer dense(int inputs, int outputs) {
        return new DenseLayer.Builder().nIn(inputs).nOut(outputs).build();
    }

    public static OutputLayer output(int inputs) {
        return new OutputLayer.Builder(LossFunction.MCXENT)
                .nIn(inputs)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build();
    }

    public static MultiLayerNetwork mlp(IUpdater updater, DataType type) {
        return mlp(base(updater, type));
    }

    public static MultiLayerNetwork mlp(NeuralNetConfiguration.Builder base) {
        return started(base.list()
                .layer(dense(FEATURES, 5))
                .layer(dense(5, 4))
                .layer(output(4))
                .build());
    }

    public static MultiLayerNetwork started(org.deeplearning4j.nn.conf.MultiLayerConfiguration conf) {
        MultiLayerNetwork net = new MultiLayerNetwork(conf);
        net.init();
        return net;
    }

    public static ComputationGraph graph(IUpdater updater, DataType type) {
        ComputationGraph graph = new ComputationGraph(base(updater, type)
                .graphBuilder()
                .addInputs("in")
                .addLayer("left", dense(FEATURES, 4), "in")
                .addLayer("right", dense(FEATURES, 3), "in")
                .addLayer("joined", dense(7, 4), "left", "right")
                .addLayer("out", output(4), "joined")
                .setOutputs("out")
                .build());
        graph.init();
        return graph;
    }

    /** A batch whose classes can be learnt. */
    public static DataSet batch(DataType type, int samples, long seed) {
        Random random = Nd4j.getRandomFactory().getNewRandomInstance(seed);
        INDArray x =
                Nd4j.rand(random, new long[] {samples, FEATURES}).castTo(type).subi(0.5);
        INDArray y = Nd4j.zeros(type, samples, CLASSES);
        for (int n = 0; n < samples; n++) {
            int label = 0;
            for (int c = 1; c < CLASSES; c++) {
                label = x.getDouble(n, c) > x.getDouble(n, label) ? c : label;
            }
            y.putScalar(n, label, 1);
        }
        return new DataSet(x, y);
    }

    public static List<DataSet> batches(DataType type, int count) {
        List<DataSet> batches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            batches.add(batch(type, BATCH, 100 + i));
        }
        return batches;
    }

    public static void fit(Model model, DataSet batch) {
        if (model instanceof MultiLayerNetwork net) {
            net.fit(batch);
        } else {
            ((ComputationGraph) model).fit(batch);
        }
    }

    public static void fit(Model model, List<DataSet> batches) {
        batches.forEach(batch -> fit(model, batch));
    }

    public static Model copy(Model model) {
        return model instanceof MultiLayerNetwork net ? net.clone() : ((ComputationGraph) model).clone();
    }

    public static Model throughFile(Model model, File file) throws IOException {
        ModelSerializer.writeModel(model, file, true);
        return read(model, file);
    }

    public static Model read(Model like, File file) throws IOException {
        return like instanceof MultiLayerNetwork
                ? ModelSerializer.restoreMultiLayerNetwork(file, true)
                : ModelSerializer.restoreComputationGraph(file, true);
    }

    public static double score(Model model, DataSet data) {
        return model instanceof MultiLayerNetwork net ? net.score(data) : ((ComputationGraph) model).score(data);
    }

    public static String json(Model model) {
        return model instanceof MultiLayerNetwork net
                ? net.getLayerWiseConfigurations().toJson()
                : ((ComputationGraph) model).getConfiguration().toJson();
    }

    /** DL4J's updater state, a copy; empty if there is none. */
    public static INDArray state(Model model) {
        var updater = NetworkView.existingUpdater(model);
        return updater == null || updater.getStateViewArray() == null
                ? Nd4j.empty(DataType.DOUBLE)
                : updater.getStateViewArray().dup();
    }

    public static INDArray params(Model model) {
        return model.params().dup();
    }

    public static boolean sameBits(INDArray a, INDArray b) {
        return Arrays.equals(numbers(a), numbers(b));
    }

    private static double[] numbers(INDArray array) {
        return array.isEmpty() ? new double[0] : array.dup('c').data().asDouble();
    }

    public static boolean isFinite(INDArray array) {
        double norm = array.norm1Number().doubleValue();
        return !Double.isNaN(norm) && !Double.isInfinite(norm);
    }

    public static double distance(INDArray a, INDArray b) {
        double scale =
                Math.max(a.normmaxNumber().doubleValue(), b.normmaxNumber().doubleValue());
        return scale == 0 ? 0 : a.sub(b).normmaxNumber().doubleValue() / scale;
    }

    /** Same parameters and same updater state, to the last bit. */
    public static void assertSameTraining(Model actual, Model expected) {
        assertThat(sameBits(actual.params(), expected.params()))
                .as("same parameters")
                .isTrue();
        assertThat(sameBits(state(actual), state(expected)))
                .as("same updater state")
                .isTrue();
    }

    /** What an object does to a network's updater state view, [dA,dG], of one layer that has a block. */
    public static BoundBlock block(Model model, String layer) {
        return Sessions.find(model).blocks().stream()
                .filter(block -> block.plan().name().equals(layer))
                .findFirst()
                .orElseThrow();
    }

    /** The last layer's parameters as [dA,dG] from the flat view of W (column-major) and b. */
    public static INDArray asMatrix(INDArray flat, int inputs, int outputs) {
        INDArray w = flat.get(NDArrayIndex.interval(0, inputs * outputs)).reshape('f', inputs, outputs);
        INDArray b = flat.get(NDArrayIndex.interval(inputs * outputs, (inputs + 1) * outputs))
                .reshape(1, outputs);
        return Nd4j.vstack(w.dup(), b.dup());
    }
}
