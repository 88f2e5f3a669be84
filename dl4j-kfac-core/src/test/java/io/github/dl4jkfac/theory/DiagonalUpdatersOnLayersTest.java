package io.github.dl4jkfac.theory;

import static io.github.dl4jkfac.testing.TestNetworks.fit;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.AdaFisher;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.layers.LayerCase;
import io.github.dl4jkfac.capture.layers.LayerCases;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.testing.FAdamCheck;
import io.github.dl4jkfac.testing.RecordedGroup;
import io.github.dl4jkfac.testing.Recorder;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The first steps of AdaFisher and FAdam with every type of layer, against their formulas in Java's own arithmetic. */
@Tag("theory")
class DiagonalUpdatersOnLayersTest {

    private static final int STEPS = 3;

    /**
     * Blocks see rows, and not how a layer has come to them, which LayerRowsTest checks: one case for each set of layers, tensors and
     * masks. Every case several times: copies of a wrapper share the layer that it wraps, and so its updater.
     */
    static Stream<Arguments> pairs() {
        Iterator<LayerCase> twins = LayerCases.all().iterator();
        Iterator<LayerCase> looks = LayerCases.all().iterator();
        Set<String> seen = new HashSet<>();
        List<Arguments> pairs = new ArrayList<>();
        LayerCases.all().forEach(c -> {
            LayerCase twin = twins.next();
            LayerCase look = looks.next();
            if (!c.graph() && seen.add(LayerCases.tensors(look.model()) + look.masks())) {
                pairs.add(Arguments.of(c, twin));
            }
        });
        return pairs.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pairs")
    void adaFisherTakesTheStepsOfItsFormulas(LayerCase c, LayerCase twinCase) {
        Model model = c.model(AdaFisher.builder()
                .learningRate(0.1)
                .damping(0.05)
                .gamma(0.6)
                .statisticsInterval(2)
                .build());
        Model twin = twinCase.model();
        KFacListener.attach(model);
        Map<String, AdaFisherReference> references = new HashMap<>();
        for (int k = 0; k < STEPS; k++) {
            twin.setParams(model.params());
            Map<RecordedGroup, INDArray> expected = new HashMap<>();
            Nd4j.getRandom().setSeed(11); // the same noise for both
            for (RecordedGroup group : Recorder.record(twin, c.batch()).groups()) {
                INDArray before =
                        RecordedGroup.gathered(partOf(model, group).params(), partOf(model, group), group.group());
                INDArray direction = references
                        .computeIfAbsent(
                                group.toString(),
                                name -> new AdaFisherReference(group.group().shape()))
                        .direction(group, k % 2 == 0);
                expected.put(group, before.sub(direction.mul(0.1)));
            }
            assertThat(expected).isNotEmpty();
            Nd4j.getRandom().setSeed(11);
            fit(model, c.batch());
            expected.forEach((group, parameters) -> {
                INDArray after =
                        RecordedGroup.gathered(partOf(model, group).params(), partOf(model, group), group.group());
                assertThat(TestNetworks.error(after, parameters))
                        .as("%s", group)
                        .isLessThan(1e-9);
            });
        }
    }

    /** The layer, or part of a layer, that a group belongs to. */
    private static org.deeplearning4j.nn.api.Layer partOf(Model model, RecordedGroup group) {
        return NetworkView.of(model).slots().stream()
                .filter(slot -> slot.name().equals(group.layer()))
                .findFirst()
                .orElseThrow()
                .layer();
    }

    /** AdaFisher of one matrix of parameters. */
    private static final class AdaFisherReference {

        private final BlockShape shape;
        private final double[][] momentum;
        private final double[][] h;
        private final double[] s;
        private final double[][] f;
        private int step;
        private int batches;
        private double keep;

        AdaFisherReference(BlockShape shape) {
            this.shape = shape;
            int rows = shape.inputDimension();
            this.momentum = new double[rows][shape.outputs()];
            this.h = ones(rows, shape.groups());
            this.s = ones(1, shape.outputs())[0];
            this.f = ones(rows, shape.outputs());
        }

        private static double[][] ones(int rows, int columns) {
            return Nd4j.ones(DataType.DOUBLE, rows, columns).toDoubleMatrix();
        }

        INDArray direction(RecordedGroup group, boolean statistics) {
            if (statistics) {
                update(group);
            }
            step++;
            INDArray direction = Nd4j.create(DataType.DOUBLE, momentum.length, shape.outputs());
            for (int i = 0; i < momentum.length; i++) {
                for (int j = 0; j < shape.outputs(); j++) {
                    double v = group.gradient().getDouble(i, j) / group.samples();
                    momentum[i][j] = 0.9 * momentum[i][j] + 0.1 * v;
                    double m = momentum[i][j] / (1 - Math.pow(0.9, step));
                    direction.putScalar(i, j, m / (diagonal(i, j) + 0.05));
                }
            }
            return direction;
        }

        private double diagonal(int i, int j) {
            return shape.kind() == ParameterKind.UNITWISE ? f[i][j] : h[i][j * shape.groups() / shape.outputs()] * s[j];
        }

        private void update(RecordedGroup group) {
            keep = Math.min(0.6, batches / (batches + 1.0));
            batches++;
            double[][] g = group.derivatives().castTo(DataType.DOUBLE).toDoubleMatrix();
            if (shape.kind() == ParameterKind.UNITWISE) {
                for (int i = 0; i < f.length; i++) {
                    double[][] row = new double[1][shape.outputs()];
                    for (int j = 0; j < shape.outputs(); j++) {
                        row[0][j] = sumOfSquares(g, i * shape.outputs() + j) / g.length;
                    }
                    average(new double[][] {f[i]}, row);
                }
                return;
            }
            average(h, inputs(group));
            double[][] outputs = new double[1][shape.outputs()];
            for (int j = 0; j < shape.outputs(); j++) {
                outputs[0][j] = sumOfSquares(g, j) / group.active();
            }
            average(new double[][] {s}, outputs);
        }

        private double[][] inputs(RecordedGroup group) {
            double[][] means = ones(h.length, shape.groups());
            double[][] a = shape.inputs() == 0
                    ? null
                    : group.inputs().castTo(DataType.DOUBLE).toDoubleMatrix();
            INDArray in = group.weights();
            for (int i = 0; i < shape.inputs(); i++) {
                for (int c = 0; c < shape.groups(); c++) {
                    double sum = 0;
                    for (int row = 0; row < a.length; row++) {
                        double x = shape.kind() == ParameterKind.EMBEDDING
                                ? (a[row][0] == i ? 1 : 0)
                                : a[row][c * shape.inputs() + i];
                        sum += (in == null ? 1 : in.getDouble(row)) * x * x;
                    }
                    means[i][c] = sum / group.active();
                }
            }
            return means;
        }

        private static double sumOfSquares(double[][] rows, int column) {
            double sum = 0;
            for (double[] row : rows) {
                sum += row[column] * row[column];
            }
            return sum;
        }

        /** old <- keep old + (1 - keep) scaled(fresh). */
        private void average(double[][] old, double[][] fresh) {
            double least = Stream.of(fresh)
                    .flatMapToDouble(java.util.Arrays::stream)
                    .min()
                    .orElseThrow();
            double most = Stream.of(fresh)
                    .flatMapToDouble(java.util.Arrays::stream)
                    .max()
                    .orElseThrow();
            boolean single = fresh.length * fresh[0].length == 1;
            for (int i = 0; i < old.length; i++) {
                for (int j = 0; j < old[i].length; j++) {
                    double scaled = single ? 1 : (fresh[i][j] - least) / (most - least + 1e-6);
                    old[i][j] = keep * old[i][j] + (1 - keep) * scaled;
                }
            }
        }
    }

    /**
     * FAdam sees gradients, tensor by tensor, and nothing of masks, formats and modes: one case for each set of tensors. Where these lie
     * in a graph's parameters and gradients the graphs with one layer of each kind tell.
     */
    static Stream<LayerCase> casesOfOtherTensors() {
        Iterator<LayerCase> looks = LayerCases.all().iterator();
        Set<String> seen = new HashSet<>();
        return LayerCases.all().filter(c -> {
            Model look = looks.next().model();
            return seen.add(c.graph() ? "graph of " + types(look) : LayerCases.tensors(look));
        });
    }

    private static List<String> types(Model model) {
        return NetworkView.of(model).layers().stream()
                .map(named -> named.layer().getClass().getName())
                .distinct()
                .toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("casesOfOtherTensors")
    void fAdamTakesTheStepsOfItsFormulasTensorByTensor(LayerCase c) {
        FAdamCheck check = new FAdamCheck(c.model(FAdamCheck.updater()));
        for (int k = 0; k < STEPS; k++) {
            check.step(c.batch());
        }
        assertThat(check.tensors()).isPositive();
    }
}
