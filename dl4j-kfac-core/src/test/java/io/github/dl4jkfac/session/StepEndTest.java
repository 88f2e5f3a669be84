package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import io.github.dl4jkfac.testing.Taps;
import java.io.File;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.optimize.listeners.Checkpoint;
import org.deeplearning4j.optimize.listeners.CheckpointListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;

/** However a step ends, nothing of it stays but its result. */
class StepEndTest {

    private static final DataType TYPE = DataType.DOUBLE;

    /** Where a listener throws. */
    enum Hook {
        FORWARD,
        BACKWARD,
        GRADIENT,
        ITERATION
    }

    /** Throws once when it is told to. */
    private static final class Bomb extends BaseTrainingListener {

        private Hook armed;

        private void explode(Hook hook) {
            if (hook == armed) {
                armed = null;
                throw new UnsupportedOperationException("thrown by a listener");
            }
        }

        @Override
        public void onForwardPass(Model model, List<INDArray> activations) {
            explode(Hook.FORWARD);
        }

        @Override
        public void onForwardPass(Model model, java.util.Map<String, INDArray> activations) {
            explode(Hook.FORWARD);
        }

        @Override
        public void onBackwardPass(Model model) {
            explode(Hook.BACKWARD);
        }

        @Override
        public void onGradientCalculation(Model model) {
            explode(Hook.GRADIENT);
        }

        @Override
        public void iterationDone(Model model, int iteration, int epoch) {
            explode(Hook.ITERATION);
        }
    }

    private static DataSet nan() {
        DataSet batch = Fixtures.batch(TYPE, Fixtures.BATCH, 7);
        batch.getFeatures().putScalar(3, 2, Double.NaN);
        return batch;
    }

    private static void set(Model model, TrainingListener... listeners) {
        model.setListeners(listeners);
    }

    private static List<TrainingListener> listeners(Model model) {
        Collection<TrainingListener> all =
                model instanceof MultiLayerNetwork net ? net.getListeners() : ((ComputationGraph) model).getListeners();
        return List.copyOf(all);
    }

    /** A network some of whose layers have another updater, which moves even where the gradient is zero. */
    private static MultiLayerNetwork mixed() {
        return Fixtures.started(Fixtures.base(Fixtures.kfac().build(), TYPE)
                .weightDecay(1e-3)
                .list()
                .layer(new DenseLayer.Builder()
                        .nIn(Fixtures.FEATURES)
                        .nOut(5)
                        .updater(new Nesterovs(0.05))
                        .build())
                .layer(Fixtures.dense(5, 4))
                .layer(Fixtures.output(4))
                .build());
    }

    /** Every third batch is bad; whatever is saved can be resumed from, wherever the saving listener stands. */
    @Test
    void aListenerThatWasThereBeforeSavesNothingOfALeftOutBatch(@TempDir File folder) throws Exception {
        for (boolean attachedFirst : new boolean[] {false, true}) {
            List<DataSet> batches = new ArrayList<>(Fixtures.batches(TYPE, 14));
            for (int i = 1; i < 14; i += 3) {
                batches.set(i, nan());
            }
            File own = new File(folder, "saved" + attachedFirst);
            assertThat(own.mkdirs()).isTrue();
            MultiLayerNetwork whole = mixed();
            CheckpointListener saver = new CheckpointListener.Builder(own)
                    .saveEveryNIterations(1)
                    .keepAll()
                    .build();
            if (attachedFirst) {
                KFacListener listener = KFacListener.attach(whole);
                set(whole, saver, listener); // the user's own order
            } else {
                set(whole, saver);
                KFacListener.attach(whole);
            }
            Fixtures.fit(whole, batches);
            List<Checkpoint> files = CheckpointListener.availableCheckpoints(own);
            assertThat(files).hasSize(13); // DL4J saves nothing at the first iteration
            for (Checkpoint file : files) {
                MultiLayerNetwork resumed = CheckpointListener.loadCheckpointMLN(own, file);
                KFacListener.attach(resumed);
                Fixtures.fit(resumed, batches.subList(file.getIteration() + 1, batches.size()));
                assertThat(Fixtures.sameBits(resumed.params(), whole.params()))
                        .as("resumed after batch %d, attached first: %s", file.getIteration(), attachedFirst)
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"SEQUENTIAL", "GRAPH"})
    void theListenerGoesToTheFront(Kind kind) {
        Model model = kind.create(Fixtures.kfac().build(), TYPE);
        Bomb first = new Bomb();
        Bomb second = new Bomb();
        KFacListener listener = KFacListener.attach(model);
        Fixtures.fit(model, Fixtures.batches(TYPE, 2));
        set(model, first, listener, second);
        INDArray[] seen = new INDArray[1];
        model.addListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model trained, int iteration, int epoch) {
                seen[0] = trained.params().dup();
            }
        });
        INDArray parameters = Fixtures.params(model);
        Fixtures.fit(model, nan());
        assertThat(listeners(model)).startsWith(listener, first, second).hasSize(4);
        assertThat(Fixtures.sameBits(seen[0], parameters)).isTrue();
    }

    /** What a listener throws away is the step of its own batch, no other. */
    @ParameterizedTest
    @EnumSource(Hook.class)
    void aListenerThatThrowsUndoesNoLaterStep(Hook hook) {
        for (Kind kind : List.of(Kind.SEQUENTIAL, Kind.GRAPH)) {
            for (boolean bad : new boolean[] {true, false}) {
                List<DataSet> batches = Fixtures.batches(TYPE, 9);
                Model model = kind.create(Fixtures.kfac().build(), TYPE);
                Bomb bomb = new Bomb();
                set(model, bomb);
                KFacListener listener = KFacListener.attach(model);
                Fixtures.fit(model, batches.subList(0, 4));
                bomb.armed = hook;
                DataSet interrupted = bad ? nan() : batches.get(8);
                assertThatThrownBy(() -> Fixtures.fit(model, interrupted))
                        .isInstanceOf(UnsupportedOperationException.class);
                INDArray parameters = Fixtures.params(model);
                INDArray state = Fixtures.state(model);
                gradientOnly(model, batches.get(7));
                Taps.requireNone(model);
                assertThat(Fixtures.sameBits(Fixtures.state(model), state))
                        .as("a gradient for inspection leaves the state alone")
                        .isTrue();

                Model reference = Fixtures.copy(model);
                KFacListener.attach(reference);
                Fixtures.fit(reference, batches.get(4));
                Fixtures.fit(model, batches.get(4));
                assertThat(Fixtures.sameBits(model.params(), parameters))
                        .as("the next step is taken")
                        .isFalse();
                Fixtures.assertSameTraining(model, reference);
                Taps.requireNone(model);
                assertThat(listener.report(model).steps()).isGreaterThan(4);
            }
        }
    }

    static void gradientOnly(Model model, DataSet batch) {
        if (model instanceof MultiLayerNetwork net) {
            net.setInput(batch.getFeatures());
            net.setLabels(batch.getLabels());
            net.computeGradientAndScore();
        } else {
            ComputationGraph graph = (ComputationGraph) model;
            graph.setInputs(batch.getFeatures());
            graph.setLabels(batch.getLabels());
            graph.computeGradientAndScore();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"SEQUENTIAL", "GRAPH", "SPLIT_BLOCKS"})
    void labelsOfAWrongWidthLeaveNoTaps(Kind kind) {
        List<DataSet> batches = Fixtures.batches(TYPE, 9);
        Model model = kind.create(Fixtures.kfac().build(), TYPE);
        KFacListener.attach(model);
        Fixtures.fit(model, batches.subList(0, 4));
        INDArray parameters = Fixtures.params(model);
        INDArray state = Fixtures.state(model);
        DataSet wrong = new DataSet(batches.get(0).getFeatures(), Nd4j.zeros(TYPE, Fixtures.BATCH, 2));
        assertThatThrownBy(() -> Fixtures.fit(model, wrong)).isInstanceOf(RuntimeException.class);
        Taps.requireNone(model); // at once: a clone or a file may be made now
        gradientOnly(model, batches.get(7));
        assertThat(Fixtures.sameBits(Fixtures.state(model), state)).isTrue();
        assertThat(Fixtures.sameBits(model.params(), parameters)).isTrue();

        Model undisturbed = kind.create(Fixtures.kfac().build(), TYPE);
        KFacListener.attach(undisturbed);
        Fixtures.fit(undisturbed, batches);
        Fixtures.fit(model, batches.subList(4, 9));
        Fixtures.assertSameTraining(model, undisturbed);
    }

    @Test
    void anEpochThatWasInterruptedIsOver() {
        List<DataSet> batches = Fixtures.batches(TYPE, 6);
        MultiLayerNetwork net = mixed();
        Bomb bomb = new Bomb();
        net.setListeners(bomb);
        KFacListener.attach(net);
        net.fit(new ListDataSetIterator<>(batches.subList(0, 3), Fixtures.BATCH));
        bomb.armed = Hook.GRADIENT;
        List<DataSet> bad = List.of(nan());
        assertThatThrownBy(() -> net.fit(new ListDataSetIterator<>(bad, Fixtures.BATCH)))
                .isInstanceOf(UnsupportedOperationException.class);
        INDArray other = Fixtures.params(net).mul(0.5);
        net.setParams(other);
        net.fit(new ListDataSetIterator<>(batches.subList(3, 4), Fixtures.BATCH));
        assertThat(Fixtures.distance(net.params(), other))
                .as("parameters that the user has set since are not undone")
                .isLessThan(0.2);
    }
}
