package io.github.dl4jkfac.testing;

import io.github.dl4jkfac.capture.BatchCapture;
import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.session.RowsMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Runs one real training step of a network with an ordinary updater and keeps what the capture saw of it. */
public final class Recorder extends BaseTrainingListener {

    /**
     * What one step told.
     *
     * @param rows by dense layer
     * @param gradients DL4J's own gradient sums [W; b], by dense layer
     * @param groups the groups of all layers, dense or not
     * @param untouched whether the capture left the gradient and ND4J's global random stream as they were
     */
    public record Recorded(
            Map<String, OuterProductRows> rows,
            Map<String, INDArray> gradients,
            List<RecordedGroup> groups,
            boolean untouched) {}

    /**
     * Labels at which the derivatives form one column of a root B of the output Hessian, H = B B^T.
     *
     * @param weights of the samples, [N,1]: the derivatives are to be multiplied by their root
     */
    public record Column(INDArray labels, INDArray weights) {}

    private final BatchCapture capture;
    private final NetworkView network;
    private final DerivativeSource source;
    private final double fraction;
    private final Random random;
    private Recorded recorded;

    private Recorder(Model model, DerivativeSource source, double fraction, Random random) {
        this.network = NetworkView.of(model);
        this.capture = new BatchCapture(network);
        this.source = source;
        this.fraction = fraction;
        this.random = random;
    }

    /** Rows and gradients of one step on a batch; the parameters stay. */
    public static Recorded record(
            Model model, MultiDataSet batch, DerivativeSource source, double fraction, Random random) {
        INDArray before = model.params().dup();
        Recorder recorder = new Recorder(model, source, fraction, random);
        model.setListeners(recorder);
        TestNetworks.fit(model, batch);
        model.setListeners();
        model.setParams(before);
        return recorder.recorded;
    }

    /** Rows and gradients at the true labels. */
    public static Recorded record(Model model, MultiDataSet batch) {
        return record(model, batch, DerivativeSource.TRUE_LABELS, 1, null);
    }

    /** Rows whose second moments are the exact Fisher matrix's: one copy of the batch for each column of B. */
    public static Map<String, OuterProductRows> exactRows(Model model, INDArray features, List<Column> columns) {
        Map<String, List<OuterProductRows>> parts = new HashMap<>();
        for (Column column : columns) {
            record(model, TestNetworks.batch(features, column.labels())).rows().forEach((layer, rows) -> {
                INDArray scaled = rows.derivatives().mulColumnVector(root(column.weights()));
                parts.computeIfAbsent(layer, key -> new ArrayList<>())
                        .add(OuterProductRows.of(rows.inputs(), scaled, rows.samples()));
            });
        }
        Map<String, OuterProductRows> joined = new HashMap<>();
        parts.forEach((layer, list) -> {
            INDArray inputs = Nd4j.vstack(list.stream().map(Recorder::inputs).toArray(INDArray[]::new));
            INDArray derivatives =
                    Nd4j.vstack(list.stream().map(OuterProductRows::derivatives).toArray(INDArray[]::new));
            // as if the columns were positions of the same sample
            joined.put(layer, OuterProductRows.of(InputSource.of(inputs), derivatives, features.size(0)));
        });
        return joined;
    }

    /** The exact Fisher blocks of all layers, from nothing but DL4J's gradients of single samples. */
    public static Map<String, INDArray> exactFisher(Model model, INDArray features, List<Column> columns) {
        Map<String, INDArray> blocks = new HashMap<>();
        long samples = features.size(0);
        for (Column column : columns) {
            for (long n = 0; n < samples; n++) {
                MultiDataSet sample = TestNetworks.batch(
                        TestNetworks.rows(features, n, n + 1), TestNetworks.rows(column.labels(), n, n + 1));
                double weight = column.weights().getDouble(n) / samples;
                record(model, sample).gradients().forEach((layer, gradient) -> {
                    INDArray u = TestNetworks.vec(gradient);
                    blocks.merge(layer, u.transpose().mmul(u).mul(weight), INDArray::add);
                });
            }
        }
        return blocks;
    }

    /** Columns for softmax with cross-entropy: every class, weighted with its probability. */
    public static List<Column> classColumns(INDArray probabilities) {
        List<Column> columns = new ArrayList<>();
        for (long c = 0; c < probabilities.size(1); c++) {
            INDArray labels = probabilities.like();
            labels.getColumn(c).assign(1);
            columns.add(new Column(labels, probabilities.getColumn(c, true)));
        }
        return columns;
    }

    /** Columns for the squared error c |o - y|^2 with identity: the derivatives are sqrt(2 c) e_i. */
    public static List<Column> squaredErrorColumns(INDArray outputs, double c) {
        List<Column> columns = new ArrayList<>();
        for (long i = 0; i < outputs.size(1); i++) {
            INDArray labels = outputs.dup();
            labels.getColumn(i).subi(Math.sqrt(1 / (2 * c)));
            columns.add(new Column(labels, Nd4j.ones(outputs.dataType(), outputs.size(0), 1)));
        }
        return columns;
    }

    private static INDArray root(INDArray column) {
        return Transforms.sqrt(column, true);
    }

    @Override
    public void onForwardPass(Model model, List<INDArray> activations) {
        capture.arm(source, fraction);
    }

    @Override
    public void onForwardPass(Model model, Map<String, INDArray> activations) {
        capture.arm(source, fraction);
    }

    @Override
    public void onBackwardPass(Model model) {
        INDArray gradient = network.gradient().dup();
        long root = Nd4j.getRandom().rootState();
        long node = Nd4j.getRandom().nodeState();
        RowsMemory memory = new RowsMemory();
        Map<LayerSlot, List<BatchRows>> captured = captured(memory);
        boolean untouched = gradient.equals(network.gradient())
                && root == Nd4j.getRandom().rootState()
                && node == Nd4j.getRandom().nodeState();
        Map<String, OuterProductRows> rows = new HashMap<>();
        Map<String, INDArray> gradients = new HashMap<>();
        List<RecordedGroup> all = new ArrayList<>();
        captured.forEach((slot, groups) -> {
            for (int i = 0; i < groups.size(); i++) {
                all.add(RecordedGroup.of(slot, i, groups.get(i)));
            }
            if (isDense(slot) && groups.get(0) instanceof OuterProductRows own) {
                INDArray weights = own.weights() == null ? null : own.weights().dup();
                InputSource inputs = InputSource.of(inputs(own));
                rows.put(
                        slot.name(),
                        new OuterProductRows(inputs, own.derivatives().dup(), weights, own.active(), own.samples()));
                gradients.put(slot.name(), gradientOf(slot));
            }
        });
        memory.end();
        capture.disarm();
        recorded = new Recorded(rows, gradients, all, untouched);
    }

    /** As a session does it: several passes may leave nothing in memory that ends with them. */
    private Map<LayerSlot, List<BatchRows>> captured(RowsMemory memory) {
        return memory.fill(() -> {
            capture.complete(random);
            return capture.rows();
        });
    }

    private static boolean isDense(LayerSlot slot) {
        return slot.groups().get(0).shape().kind() == ParameterKind.DENSE;
    }

    /** All inputs of some rows as one matrix, a copy. */
    public static INDArray inputs(OuterProductRows rows) {
        List<INDArray> chunks = new ArrayList<>();
        rows.inputs().forEachChunk((firstRow, chunk) -> chunks.add(chunk.dup()));
        return chunks.size() == 1 ? chunks.get(0) : Nd4j.vstack(chunks);
    }

    private static INDArray gradientOf(LayerSlot slot) {
        INDArray flat = slot.layer().getGradientsViewArray().dup();
        flat = flat.reshape('c', new long[] {flat.length()});
        BlockShape shape = slot.groups().get(0).shape();
        long weights = (long) shape.inputs() * shape.outputs();
        INDArray w = flat.get(NDArrayIndex.interval(0, weights)).reshape('f', shape.inputs(), shape.outputs());
        if (!shape.bias()) {
            return w.dup();
        }
        INDArray b = flat.get(NDArrayIndex.interval(weights, weights + shape.outputs()))
                .reshape('c', 1, shape.outputs());
        return Nd4j.vstack(w, b);
    }
}
