package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.curvature.BatchStatistics;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Adds up what parts of a batch have said. */
final class PartSums {

    private final List<Interval> averaged = new ArrayList<>();

    /** Places in the flat gradient. */
    private record Interval(long start, long end) {

        INDArray of(INDArray gradient) {
            return gradient.reshape(gradient.length()).get(NDArrayIndex.interval(start, end));
        }
    }

    private PartSums(List<Interval> averaged) {
        this.averaged.addAll(averaged);
    }

    /** @param leader the network; what DL4J does not divide by the batch size is a mean over the batch, not a sum */
    PartSums(NetworkView leader) {
        for (UpdaterBlock block : leader.updater().getUpdaterBlocks()) {
            for (ParamState state : block.getLayersAndVariablesInBlock()) {
                if (!state.getLayer().updaterDivideByMinibatch(state.getParamName())) {
                    averaged.add(new Interval(state.getParamOffsetStart(), state.getParamOffsetEnd()));
                }
            }
        }
    }

    /** Adds up a range of the gradient alone. */
    PartSums within(long from, long to) {
        return new PartSums(averaged.stream()
                .map(interval -> new Interval(Math.max(interval.start, from) - from, Math.min(interval.end, to) - from))
                .filter(interval -> interval.start < interval.end)
                .toList());
    }

    /**
     * Adds a part to those before it.
     *
     * @param soFar the sum of those before; its gradient is overwritten with the new sum
     * @param next the part; not modified; may be one without a gradient
     * @param model of the parts, or a copy of it
     * @return the sum, with the gradient array of the first
     */
    BatchPart add(BatchPart soFar, BatchPart next, Model model) {
        if (!next.hasGradient()) {
            return merged(soFar, next, soFar.score(), soFar.samples());
        }
        int samples = soFar.samples() + next.samples();
        List<INDArray> means = averaged.stream()
                .map(interval -> interval.of(soFar.gradient())
                        .mul((double) soFar.samples() / samples)
                        .addi(interval.of(next.gradient()).mul((double) next.samples() / samples)))
                .toList();
        soFar.gradient().addi(next.gradient());
        for (int i = 0; i < means.size(); i++) {
            averaged.get(i).of(soFar.gradient()).assign(means.get(i));
        }
        return merged(soFar, next, score(soFar, next, samples, model), samples);
    }

    private static BatchPart merged(BatchPart soFar, BatchPart next, double score, int samples) {
        BatchPart first = soFar.obstacle() == null ? next : soFar;
        return new BatchPart(
                soFar.gradient(),
                score,
                samples,
                sum(soFar.statistics(), next.statistics()),
                first.obstacle(),
                first.place(),
                soFar.suspicion() == null ? next.suspicion() : soFar.suspicion());
    }

    private static BatchStatistics sum(BatchStatistics one, BatchStatistics other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.plus(other);
    }

    /** DL4J's score of the whole: a mean over the batch, or a sum, plus the terms of L1 and L2, which each part's has, too. */
    private static double score(BatchPart one, BatchPart other, int samples, Model model) {
        return model.conf().isMiniBatch()
                ? (one.score() * one.samples() + other.score() * other.samples()) / samples
                : one.score() + other.score() - new Leader(model).regularization();
    }
}
