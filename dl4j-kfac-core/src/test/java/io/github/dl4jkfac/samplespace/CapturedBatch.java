package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.capture.BatchCapture;
import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/** What the row operators make of one real training step: rows live no longer than that. */
final class CapturedBatch extends BaseTrainingListener {

    /**
     * A matrix of parameters.
     *
     * @param gram K of it alone
     * @param gradients J^T e_n for each sample n, [dA,dG]
     */
    record Group(INDArray gram, List<INDArray> gradients) {}

    private final NetworkView network;
    private final BatchCapture capture;
    private final Map<String, Group> groups = new LinkedHashMap<>();
    private INDArray squaredNorms;

    private CapturedBatch(Model model) {
        network = NetworkView.of(model);
        capture = new BatchCapture(network);
    }

    /** Fits a batch; the parameters change. */
    static CapturedBatch of(Model model, MultiDataSet batch) {
        CapturedBatch captured = new CapturedBatch(model);
        model.setListeners(captured);
        TestNetworks.fit(model, batch);
        model.setListeners();
        return captured;
    }

    /** By names as a RecordedGroup has them. */
    Map<String, Group> groups() {
        return groups;
    }

    /** s. */
    INDArray squaredNorms() {
        return squaredNorms;
    }

    @Override
    public void onForwardPass(Model model, List<INDArray> activations) {
        capture.arm(DerivativeSource.TRUE_LABELS, 1);
    }

    @Override
    public void onForwardPass(Model model, Map<String, INDArray> activations) {
        capture.arm(DerivativeSource.TRUE_LABELS, 1);
    }

    @Override
    public void onBackwardPass(Model model) {
        squaredNorms = capture.squaredOutputNorms().dup();
        capture.complete(null);
        capture.rows().forEach((slot, rows) -> {
            for (int i = 0; i < rows.size(); i++) {
                groups.put(
                        name(slot, i), group(rows.get(i), slot.groups().get(i).shape()));
            }
        });
        capture.disarm();
    }

    private static String name(LayerSlot slot, int index) {
        return slot.name() + " "
                + slot.groups().get(index).segments().stream()
                        .map(segment -> segment.parameter())
                        .toList();
    }

    private static Group group(BatchRows rows, BlockShape shape) {
        RowOperator operator = RowOperator.of(rows, shape, Solvers.forBackend());
        long samples = operator.samples();
        INDArray gram = Nd4j.create(DataType.DOUBLE, new long[] {samples, samples}, 'f');
        operator.addGram(gram);
        List<INDArray> gradients = new ArrayList<>();
        for (long n = 0; n < samples; n++) {
            INDArray unit = Nd4j.create(DataType.DOUBLE, samples, 1);
            unit.putScalar(n, 0, 1);
            INDArray out = Nd4j.create(gram.dataType(), new long[] {shape.inputDimension(), shape.outputs()}, 'f');
            operator.transposedTimes(unit, out);
            gradients.add(out);
        }
        return new Group(TestNetworks.symmetric(gram), gradients);
    }
}
