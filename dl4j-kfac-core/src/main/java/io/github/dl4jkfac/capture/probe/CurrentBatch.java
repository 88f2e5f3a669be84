package io.github.dl4jkfac.capture.probe;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.TimeSeriesUtils;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/** The batch that a network is learning from. */
public final class CurrentBatch {

    private CurrentBatch() {}

    /**
     * Copies the batch that a network learns from. To be called from a training listener's {@code onBackwardPass}.
     *
     * @param model a MultiLayerNetwork or ComputationGraph that is being trained, with outputs that have labels
     * @return features, labels and masks in float64
     */
    public static MultiDataSet atHand(Model model) {
        return someOf(model, Integer.MAX_VALUE, 0, DataType.DOUBLE);
    }

    /**
     * Copies some samples of the batch that a network learns from, drawn at random, since users may have sorted theirs. To be called as
     * {@link #atHand}.
     *
     * @param model a MultiLayerNetwork or ComputationGraph that is being trained, with outputs that have labels
     * @param samples how many; there are all of them if the batch has no more, or keeps them in a way that cannot be divided
     * @param seed decides which
     * @param type of the copies
     * @return features, labels and masks
     */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    public static MultiDataSet someOf(Model model, int samples, long seed, DataType type) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            MultiDataSet whole = arrays(model);
            long all = whole.getFeatures(0).size(0);
            boolean divisible = Stream.of(
                            whole.getFeatures(),
                            whole.getLabels(),
                            whole.getFeaturesMaskArrays(),
                            whole.getLabelsMaskArrays())
                    .filter(Objects::nonNull)
                    .flatMap(Arrays::stream)
                    .allMatch(array -> array == null || array.size(0) == all);
            if (samples >= all || !divisible) {
                return Doubles.copy(whole, type);
            }
            int[] chosen = choice((int) all, samples, new SplittableRandom(seed));
            return new org.nd4j.linalg.dataset.MultiDataSet(
                    rows(whole.getFeatures(), chosen, type),
                    rows(whole.getLabels(), chosen, type),
                    rows(whole.getFeaturesMaskArrays(), chosen, type),
                    rows(whole.getLabelsMaskArrays(), chosen, type));
        }
    }

    /**
     * Finds the features that the network's first input has got. To be called as {@link #atHand}.
     *
     * @param model a MultiLayerNetwork or ComputationGraph that is being trained
     * @return DL4J's own array
     */
    public static INDArray features(Model model) {
        return model instanceof ComputationGraph graph ? graph.getInput(0) : ((MultiLayerNetwork) model).getInput();
    }

    /**
     * Makes a batch the one that a network learns from, without any pass through it.
     *
     * @param model a MultiLayerNetwork or ComputationGraph
     * @param batch features, labels and masks; kept, not copied
     */
    public static void put(Model model, MultiDataSet batch) {
        if (model instanceof ComputationGraph graph) {
            graph.setInputs(batch.getFeatures());
            graph.setLabels(batch.getLabels());
            graph.setLayerMaskArrays(batch.getFeaturesMaskArrays(), batch.getLabelsMaskArrays());
            for (int i = 0; i < graph.getNumOutputArrays(); i++) {
                ((IOutputLayer) graph.getOutputLayer(i)).setLabels(batch.getLabels(i));
            }
        } else {
            MultiLayerNetwork network = (MultiLayerNetwork) model;
            network.setInput(batch.getFeatures(0));
            network.setLabels(batch.getLabels(0));
            network.setLayerMaskArrays(batch.getFeaturesMaskArray(0), batch.getLabelsMaskArray(0));
        }
    }

    /**
     * Forgets the masks of the batch that a network learns from, as DL4J does after each step.
     *
     * @param model a MultiLayerNetwork or ComputationGraph
     */
    public static void forgetMasks(Model model) {
        if (model instanceof ComputationGraph graph) {
            graph.clearLayerMaskArrays();
        } else {
            ((MultiLayerNetwork) model).clearLayerMaskArrays();
        }
    }

    /** Some of the numbers below a bound, each at most once, in ascending order. */
    private static int[] choice(int bound, int count, SplittableRandom random) {
        int[] chosen = new int[count];
        int found = 0;
        for (int i = 0; found < count; i++) {
            if (random.nextInt(bound - i) < count - found) {
                chosen[found++] = i;
            }
        }
        return chosen;
    }

    private static INDArray[] rows(INDArray[] arrays, int[] chosen, DataType type) {
        return arrays == null
                ? null
                : Arrays.stream(arrays).map(array -> rows(array, chosen, type)).toArray(INDArray[]::new);
    }

    private static INDArray rows(INDArray array, int[] chosen, DataType type) {
        if (array == null) {
            return null;
        }
        long[] shape = array.shape().clone(); // ND4J hands out its own
        INDArray own = array.castTo(type).dup('c').reshape('c', shape[0], array.length() / shape[0]);
        INDArray part = Nd4j.createUninitialized(type, new long[] {chosen.length, own.size(1)}, 'c');
        for (int i = 0; i < chosen.length; i++) {
            part.getRow(i).assign(own.getRow(chosen[i]));
        }
        shape[0] = chosen.length;
        return part.reshape('c', shape);
    }

    private static MultiDataSet arrays(Model model) {
        if (model instanceof ComputationGraph graph) {
            return new org.nd4j.linalg.dataset.MultiDataSet(
                    graph.getInputs(), labels(graph), graph.getInputMaskArrays(), graph.getLabelMaskArrays());
        }
        MultiLayerNetwork network = (MultiLayerNetwork) model;
        return new org.nd4j.linalg.dataset.MultiDataSet(
                network.getInput(), network.getLabels(), featureMask(network), labelMask(network));
    }

    /**
     * Finds the features and labels that a network learns from. To be called as {@link #atHand}.
     *
     * @param model a MultiLayerNetwork or ComputationGraph that is being trained
     * @return those of a floating type, as they are
     */
    public static List<INDArray> arraysAtHand(Model model) {
        Stream<INDArray> arrays;
        if (model instanceof ComputationGraph graph) {
            Stream<INDArray> labels = IntStream.range(0, graph.getNumOutputArrays())
                    .mapToObj(graph::getOutputLayer)
                    .filter(IOutputLayer.class::isInstance)
                    .map(layer -> ((IOutputLayer) layer).getLabels());
            arrays = Stream.concat(Arrays.stream(graph.getInputs()), labels);
        } else {
            MultiLayerNetwork network = (MultiLayerNetwork) model;
            arrays = Stream.of(network.getInput(), network.getLabels());
        }
        return arrays.filter(array -> array != null && array.dataType().isFPType())
                .toList();
    }

    /** The graph keeps its labels to itself; its output layers have got them in the backward pass. */
    private static INDArray[] labels(ComputationGraph graph) {
        INDArray[] labels = new INDArray[graph.getNumOutputArrays()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = ((IOutputLayer) graph.getOutputLayer(i)).getLabels();
        }
        return labels;
    }

    /** DL4J passes the features' mask through the layers without keeping it; the first layer has it as its preprocessor left it. */
    private static INDArray featureMask(MultiLayerNetwork network) {
        INDArray mask = network.getLayer(0).getMaskArray();
        long batch = network.getInput().size(0);
        boolean perStep = mask != null && mask.size(0) != batch;
        return perStep ? TimeSeriesUtils.reshapeVectorToTimeSeriesMask(mask, (int) batch) : mask;
    }

    /** In a network of one layer the two masks are one. */
    private static INDArray labelMask(MultiLayerNetwork network) {
        return network.getnLayers() == 1 ? null : network.getOutputLayer().getMaskArray();
    }
}
