package io.github.dl4jkfac.diagnostics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The Fisher matrix by its definition, (1/N) sum_n E_y[u u^T]: DL4J's own gradient u of one sample at each label y that the model could
 * draw, weighted by its probability.
 */
final class EnumeratedFisher {

    private EnumeratedFisher() {}

    /** A label and its probability. */
    record Outcome(INDArray label, double probability) {}

    /** The labels that an output's distribution gives a sample, or points with the same first and second moments. */
    @FunctionalInterface
    interface Outcomes {
        List<Outcome> of(INDArray output);
    }

    /** Softmax over dimension 1: one class, at each time step one if there are several; none where the output is masked and so zero. */
    static final Outcomes CLASSES = output -> {
        List<Outcome> outcomes = List.of(new Outcome(output.like(), 1));
        long steps = output.rank() == 3 ? output.size(2) : 1;
        for (long t = 0; t < steps; t++) {
            if (output.rank() == 3 && output.getDouble(0, 0, t) == 0) {
                continue;
            }
            List<Outcome> longer = new ArrayList<>();
            for (Outcome before : outcomes) {
                for (long c = 0; c < output.size(1); c++) {
                    long[] place = output.rank() == 3 ? new long[] {0, c, t} : new long[] {0, c};
                    INDArray label = before.label().dup();
                    label.putScalar(place, 1);
                    longer.add(new Outcome(label, before.probability() * output.getDouble(place)));
                }
            }
            outcomes = longer;
        }
        return outcomes;
    };

    /** Independent sigmoids. */
    static final Outcomes BITS = output -> {
        List<Outcome> outcomes = new ArrayList<>();
        for (int bits = 0; bits < 1 << output.length(); bits++) {
            INDArray label = output.like();
            double probability = 1;
            for (int c = 0; c < output.length(); c++) {
                boolean set = (bits >> c & 1) == 1;
                label.putScalar(0, c, set ? 1 : 0);
                probability *= set ? output.getDouble(0, c) : 1 - output.getDouble(0, c);
            }
            outcomes.add(new Outcome(label, probability));
        }
        return outcomes;
    };

    /** A Gaussian around the output with the variance given, by points whose second moments are its own. */
    static Outcomes gaussian(double variance) {
        return output -> {
            List<Outcome> outcomes = new ArrayList<>();
            INDArray centre = output.dup('c');
            for (long i = 0; i < centre.length(); i++) {
                for (int sign : new int[] {-1, 1}) {
                    INDArray label = centre.dup('c');
                    label.reshape('c', 1, label.length())
                            .putScalar(0, i, centre.data().getDouble(i) + sign * Math.sqrt(variance * centre.length()));
                    outcomes.add(new Outcome(label, 0.5 / centre.length()));
                }
            }
            return outcomes;
        };
    }

    /** F, [P,P]. Takes every sample twice, since DL4J takes the mask of a single one for a mask of outputs. The model is in float64 and draws nothing at random. */
    static INDArray of(Model model, MultiDataSet batch, Outcomes... heads) {
        long samples = batch.getFeatures(0).size(0);
        long length = model.numParams();
        INDArray fisher = Nd4j.zeros(DataType.DOUBLE, length, length);
        for (long n = 0; n < samples; n++) {
            MultiDataSet sample = sample(batch, n);
            for (Joint joint : joint(first(outputs(model, sample)), heads)) {
                sample.setLabels(twice(joint.labels()));
                INDArray u = gradient(model, sample).divi(2);
                fisher.addi(u.transpose().mmul(u).muli(joint.probability() / samples));
            }
        }
        return fisher;
    }

    private record Joint(INDArray[] labels, double probability) {}

    private static List<Joint> joint(INDArray[] outputs, Outcomes[] heads) {
        List<Joint> all = List.of(new Joint(new INDArray[0], 1));
        for (int i = 0; i < heads.length; i++) {
            List<Joint> longer = new ArrayList<>();
            for (Joint before : all) {
                for (Outcome outcome : heads[i].of(outputs[i])) {
                    INDArray[] labels = Arrays.copyOf(before.labels(), i + 1);
                    labels[i] = outcome.label();
                    longer.add(new Joint(labels, before.probability() * outcome.probability()));
                }
            }
            all = longer;
        }
        return all;
    }

    /** DL4J's gradient, a sum over the batch, [1,P]. */
    static INDArray gradient(Model model, MultiDataSet batch) {
        if (model instanceof MultiLayerNetwork network) {
            network.setLayerMaskArrays(batch.getFeaturesMaskArray(0), batch.getLabelsMaskArray(0));
            network.setInput(batch.getFeatures(0));
            network.setLabels(batch.getLabels(0));
            network.computeGradientAndScore();
            network.clearLayerMaskArrays();
        } else {
            ComputationGraph graph = (ComputationGraph) model;
            graph.setLayerMaskArrays(batch.getFeaturesMaskArrays(), batch.getLabelsMaskArrays());
            graph.setInputs(batch.getFeatures());
            graph.setLabels(batch.getLabels());
            graph.computeGradientAndScore();
            graph.clearLayerMaskArrays();
        }
        return model.getGradientsViewArray().dup();
    }

    private static INDArray[] outputs(Model model, MultiDataSet batch) {
        if (model instanceof MultiLayerNetwork network) {
            return new INDArray[] {
                network.output(batch.getFeatures(0), false, batch.getFeaturesMaskArray(0), batch.getLabelsMaskArray(0))
            };
        }
        return ((ComputationGraph) model).output(false, batch.getFeatures(), batch.getFeaturesMaskArrays());
    }

    private static INDArray[] first(INDArray[] arrays) {
        return Arrays.stream(arrays).map(array -> rows(array, 0)).toArray(INDArray[]::new);
    }

    private static INDArray[] twice(INDArray[] arrays) {
        return Arrays.stream(arrays).map(array -> Nd4j.concat(0, array, array)).toArray(INDArray[]::new);
    }

    private static INDArray rows(INDArray array, long n) {
        INDArrayIndex[] indices = NDArrayIndex.allFor(array);
        indices[0] = NDArrayIndex.interval(n, n + 1);
        return array.get(indices).dup();
    }

    private static MultiDataSet sample(MultiDataSet batch, long n) {
        return new org.nd4j.linalg.dataset.MultiDataSet(
                sample(batch.getFeatures(), n),
                sample(batch.getLabels(), n),
                sample(batch.getFeaturesMaskArrays(), n),
                sample(batch.getLabelsMaskArrays(), n));
    }

    private static INDArray[] sample(INDArray[] arrays, long n) {
        return arrays == null
                ? null
                : twice(Arrays.stream(arrays).map(array -> rows(array, n)).toArray(INDArray[]::new));
    }
}
