package io.github.dl4jkfac.examples.bench;

import io.github.dl4jkfac.AdaFisher;
import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Setting;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleBiFunction;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Multiply-adds of a training step, counted and not measured, for networks of dense layers. With N samples, C outputs and layers
 * [dA,dG] a step of gradient descent takes 3 N sum dA dG: one product forward, two backward. What statistics and refreshes
 * take is spread over the steps between them.
 */
final class StepOperations {

    /** Operations of an eigendecomposition, over those of an inverse. */
    private static final double EIGEN = 9;

    private static final int MUON_ITERATIONS = 5;

    private final List<Matrix> matrices;

    /**
     * @param inputs dA, with the bias
     * @param outputs dG
     */
    private record Matrix(double inputs, double outputs) {}

    private StepOperations(List<Matrix> matrices) {
        this.matrices = matrices;
    }

    /**
     * @param network an initialised network
     * @return the count; one that knows nothing unless all parameters are those of dense layers
     */
    public static StepOperations of(Model network) {
        Layer[] layers = network instanceof MultiLayerNetwork sequential
                ? sequential.getLayers()
                : ((ComputationGraph) network).getLayers();
        List<Matrix> matrices = new ArrayList<>();
        for (Layer layer : layers) {
            INDArray weights = layer.paramTable().get("W");
            if (layer.numParams() == 0) {
                continue;
            }
            if (weights == null
                    || weights.rank() != 2
                    || layer.numParams() != (weights.size(0) + 1) * weights.size(1)) {
                return new StepOperations(List.of());
            }
            matrices.add(new Matrix(weights.size(0) + 1, weights.size(1)));
        }
        return new StepOperations(Collections.unmodifiableList(matrices));
    }

    /**
     * @param optimizer which optimizer
     * @param settings what the user set
     * @param batch samples per step, N
     * @return operations of its step over those of gradient descent; empty if they are not known
     */
    public OptionalDouble ratio(Optimizer optimizer, OptimizerSettings settings, int batch) {
        double beyond = matrices.isEmpty() ? Double.NaN : beyond(optimizer, settings, batch);
        return Double.isNaN(beyond) ? OptionalDouble.empty() : OptionalDouble.of(1 + beyond / (3 * batch * weights()));
    }

    private double beyond(Optimizer optimizer, OptimizerSettings settings, double n) {
        return switch (optimizer) {
            case SGD, NESTEROVS, ADAM, ADAMW, FADAM -> 0;
            case ADAFISHER, ADAFISHERW -> n * sides() / AdaFisher.DEFAULT_STATISTICS_INTERVAL;
            case KFAC -> kfac(settings, n);
            case KFAC_TRIDIAGONAL -> Double.NaN;
            case EKFAC -> ekfac(settings, n);
            case EF, IEF, FNGD -> gram(n) + n * weights();
            // the second pass; J v and J^T u
            case SF -> n * weights() + gram(n) + 2 * n * weights();
            case EGN -> gaussNewton(n);
            case MUON -> MUON_ITERATIONS * sum((dA, dG) -> orthogonalising(Math.min(dA, dG), Math.max(dA, dG)));
        };
    }

    /** At every fifth step, while all is calm: four forward passes of a quarter of the batch. */
    private double control(OptimizerSettings settings, double n) {
        boolean byHand = settings.settings().contains(Setting.KL_CLIP)
                || settings.settings().contains(Setting.MOMENTUM);
        return byHand ? 0 : n * weights() / 5;
    }

    private double kfac(OptimizerSettings settings, double n) {
        double statistics = settings.get(Setting.STATISTICS_INTERVAL, KFac.DEFAULT_STATISTICS_INTERVAL);
        double inverses = settings.get(Setting.INVERSE_INTERVAL, KFac.DEFAULT_INVERSE_INTERVAL);
        return n * (weights() + squares()) / statistics + cubes() / inverses + sandwiches() + control(settings, n);
    }

    /** Beyond K-FAC's: the rows in the eigenbasis and their squares' product, and there and back again in each step. */
    private double ekfac(OptimizerSettings settings, double n) {
        double statistics = settings.get(Setting.STATISTICS_INTERVAL, EKFac.DEFAULT_STATISTICS_INTERVAL);
        double bases = settings.get(Setting.INVERSE_INTERVAL, EKFac.DEFAULT_BASIS_INTERVAL);
        return n * (2 * weights() + 2 * squares()) / statistics + EIGEN * cubes() / bases + 2 * sandwiches();
    }

    /** One of Newton and Schulz's iterations: X X^T, its square, and their product with X. */
    private static double orthogonalising(double small, double large) {
        return 2 * small * small * large + Math.pow(small, 3);
    }

    private double gram(double n) {
        return n * n * sides() + n * n * n / 3;
    }

    private double gaussNewton(double n) {
        double outputs = matrices.get(matrices.size() - 1).outputs;
        double rows = n * outputs;
        double derivatives = sum((dA, dG) -> dG);
        return rows * weights() + rows * rows * derivatives + Math.pow(rows, 3) / 3 + 2 * rows * weights();
    }

    private double sum(ToDoubleBiFunction<Double, Double> term) {
        return matrices.stream()
                .mapToDouble(matrix -> term.applyAsDouble(matrix.inputs, matrix.outputs))
                .sum();
    }

    private double weights() {
        return sum((dA, dG) -> dA * dG);
    }

    private double sides() {
        return sum(Double::sum);
    }

    private double squares() {
        return sum((dA, dG) -> dA * dA + dG * dG);
    }

    private double cubes() {
        return sum((dA, dG) -> Math.pow(dA, 3) + Math.pow(dG, 3));
    }

    private double sandwiches() {
        return sum((dA, dG) -> dA * dG * (dA + dG));
    }
}
