package io.github.dl4jkfac.diagnostics;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.disturb;
import static io.github.dl4jkfac.testing.TestNetworks.fit;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;
import static org.assertj.core.data.Percentage.withPercentage;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

class QualityListenerTest {

    private static final List<MultiDataSet> BATCHES = Stream.of(1L, 2L, 3L, 4L)
            .map(seed -> batch(normal(seed, 10, 4), oneHot(10, 3)))
            .toList();

    private static QualityListener.Builder every(int interval) {
        return QualityListener.builder().interval(interval).damping(1e-2).maxIterations(60);
    }

    private static Model model(boolean graph, NeuralNetConfiguration.Builder settings) {
        Model model = graph
                ? new ComputationGraph(settings.graphBuilder()
                        .addInputs("x")
                        .addLayer("a", dense(4, 5, Activation.TANH).build(), "x")
                        .addLayer("n", new BatchNormalization.Builder().nOut(5).build(), "a")
                        .addLayer(
                                "y",
                                output(5, 3, Activation.SOFTMAX, new LossMCXENT())
                                        .build(),
                                "n")
                        .setOutputs("y")
                        .build())
                : new MultiLayerNetwork(settings.list()
                        .layer(dense(4, 5, Activation.TANH).build())
                        .layer(new BatchNormalization.Builder().nOut(5).build())
                        .layer(output(5, 3, Activation.SOFTMAX, new LossMCXENT())
                                .build())
                        .build());
        model.init();
        return model;
    }

    private static Model model(IUpdater updater) {
        return model(false, settings(updater));
    }

    /** Each updater on both kinds of network, in one precision each. */
    static Stream<Arguments> trainings() {
        Adam adam = new Adam(0.01);
        KFac kfac = KFac.builder().statisticsInterval(1).inverseInterval(2).build();
        return Stream.of(
                Arguments.of(false, DataType.FLOAT, Named.of("Adam", adam)),
                Arguments.of(true, DataType.DOUBLE, Named.of("Adam", adam)),
                Arguments.of(false, DataType.DOUBLE, Named.of("KFac", kfac)),
                Arguments.of(true, DataType.FLOAT, Named.of("KFac", kfac)));
    }

    @ParameterizedTest
    @MethodSource("trainings")
    void trainingIsTheSameToTheLastBit(boolean graph, DataType type, IUpdater updater) {
        List<INDArray> ends = new ArrayList<>();
        for (boolean watched : new boolean[] {false, true}) {
            Model model = model(graph, settings(updater).dataType(type).dropOut(0.8));
            disturb(model);
            if (updater instanceof KFac) {
                KFacListener.attach(model);
            }
            QualityListener listener = every(2).build();
            if (watched) {
                model.addListeners(listener);
            }
            Nd4j.getRandom().setSeed(9);
            for (int epoch = 0; epoch < 2; epoch++) {
                BATCHES.forEach(batch -> fit(model, inType(batch, type)));
            }
            ends.add(model.params().dup());
            assertThat(listener.history()).hasSize(watched ? 4 : 0);
            assertThat(listener.skipped()).isZero();
        }
        assertThat(ends.get(1).data().asDouble()).isEqualTo(ends.get(0).data().asDouble());
    }

    private static MultiDataSet inType(MultiDataSet batch, DataType type) {
        return batch(batch.getFeatures(0).castTo(type), batch.getLabels(0).castTo(type));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void gradientDescentGoesAlongTheGradient(boolean graph) {
        Model model = model(graph, settings(new Sgd(0.1)));
        QualityListener listener = every(1).build();
        model.addListeners(listener);
        BATCHES.forEach(batch -> fit(model, batch));
        assertThat(listener.history()).hasSize(4).allSatisfy(report -> {
            assertThat(report.cosineToGradient()).isCloseTo(1, offset(1e-9));
            assertThat(report.relative()).isCloseTo(1, withPercentage(1e-5));
            assertThat(report.cosineToNatural()).isBetween(0.05, 0.95);
            assertThat(report.relativeOfNatural()).isLessThan(0.95);
            assertThat(report.cgResidual()).isLessThan(1e-3);
            assertThat(report.cgIterations()).isPositive();
            assertThat(report.nanos()).isPositive();
        });
        assertThat(listener.history()).extracting(QualityReport::iteration).containsExactly(0, 1, 2, 3);
    }

    /** Whatever has passed between: the report tells of the difference of the parameters, on the batch and at the point before. */
    @Test
    void theReportIsThatOfTheStep() {
        Model model = model(new Adam(0.01));
        QualityListener listener = every(1).damping(0.3).build();
        model.addListeners(listener);
        fit(model, BATCHES.get(0));
        FisherProducts fisher = FisherProducts.of(model, BATCHES.get(1));
        INDArray before = model.params().dup();
        fit(model, BATCHES.get(1));
        INDArray step = before.sub(model.params());
        UpdateQuality quality = new UpdateQuality(fisher);
        INDArray natural = new ExactNaturalGradient(0.3, 60, 1e-3).solve(fisher).direction();
        QualityReport report = listener.history().get(1);
        assertThat(report.loss()).isCloseTo(fisher.loss(), withPercentage(1e-10));
        assertThat(report.indicator()).isCloseTo(quality.indicator(step), withPercentage(1e-6));
        assertThat(report.gradientIndicator()).isCloseTo(quality.ofGradient(), withPercentage(1e-6));
        assertThat(report.naturalIndicator()).isCloseTo(quality.indicator(natural), withPercentage(1e-4));
        INDArray learned = fisher.learned(step);
        assertThat(report.cosineToNatural()).isCloseTo(UpdateQuality.cosine(learned, natural), offset(1e-6));
        assertThat(report.cosineToGradient()).isCloseTo(UpdateQuality.cosine(learned, fisher.gradient()), offset(1e-9));
    }

    @Test
    void kfacIsNearerToTheNaturalGradientThanAdam() {
        double[] cosines = new double[2];
        for (boolean kfac : new boolean[] {false, true}) {
            Model model = model(
                    kfac
                            ? KFac.builder()
                                    .damping(1e-2)
                                    .statisticsInterval(1)
                                    .inverseInterval(1)
                                    .momentum(0)
                                    .build()
                            : new Adam(0.01));
            if (kfac) {
                KFacListener.attach(model);
            }
            QualityListener listener = every(2).build();
            model.addListeners(listener);
            for (int step = 0; step < 6; step++) {
                fit(model, BATCHES.get(0));
            }
            cosines[kfac ? 1 : 0] = listener.history().stream()
                    .mapToDouble(QualityReport::cosineToNatural)
                    .average()
                    .orElseThrow();
        }
        assertThat(cosines[1]).isGreaterThan(cosines[0]);
    }

    /** K-FAC's listener ends the step; what comes before it is called in the midst of one. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theOrderOfListenersDoesNotMatter(boolean graph) {
        Model model = model(graph, settings(KFac.builder().build()));
        QualityListener first = every(1).build();
        QualityListener last = every(1).build();
        model.addListeners(first);
        KFacListener.attach(model);
        model.addListeners(last);
        BATCHES.forEach(batch -> fit(model, batch));
        assertThat(first.history()).hasSize(4);
        for (int i = 0; i < 4; i++) {
            assertThat(first.history().get(i).indicator())
                    .isEqualTo(last.history().get(i).indicator());
        }
    }

    @Test
    void theExactDirectionCanBeLeftOut() {
        Model model = model(new Sgd(0.1));
        List<QualityReport> told = new ArrayList<>();
        QualityListener listener = QualityListener.builder()
                .interval(2)
                .maxIterations(0)
                .reporter((network, report) -> {
                    assertThat(network).isSameAs(model);
                    told.add(report);
                })
                .build();
        model.addListeners(listener);
        BATCHES.forEach(batch -> fit(model, batch));
        assertThat(listener.history()).hasSize(2).isEqualTo(told).allSatisfy(report -> {
            assertThat(report.cosineToNatural()).isNaN();
            assertThat(report.relativeOfNatural()).isNaN();
            assertThat(report.cgResidual()).isNaN();
            assertThat(report.cgIterations()).isZero();
            assertThat(report.relative()).isPositive();
        });
    }

    @Test
    void brokenBatchesAreSkipped() {
        Model model = model(KFac.builder().build());
        KFacListener.attach(model);
        QualityListener listener = every(1).build();
        model.addListeners(listener);
        fit(model, BATCHES.get(0));
        INDArray features = normal(1, 10, 4);
        features.putScalar(0, 0, Double.NaN);
        fit(model, batch(features, oneHot(10, 3)));
        fit(model, BATCHES.get(1));
        assertThat(listener.history()).extracting(QualityReport::iteration).containsExactly(0, 2);
        assertThat(listener.skipped()).isEqualTo(1);
    }

    @Test
    void stepsThatMoveNothingAreSkipped() {
        Model model = model(new Sgd(0));
        QualityListener listener = every(1).build();
        model.addListeners(listener);
        BATCHES.forEach(batch -> fit(model, batch));
        assertThat(listener.history()).isEmpty();
        assertThat(listener.skipped()).isEqualTo(4);
    }

    /** Asynchronous iterators put the batches into workspaces. */
    @Test
    void batchesMayComeFromAnIterator() {
        MultiLayerNetwork model = (MultiLayerNetwork) model(new Sgd(0.1));
        QualityListener listener = every(1).build();
        model.addListeners(listener);
        List<DataSet> sets = BATCHES.stream()
                .map(batch -> new DataSet(batch.getFeatures(0), batch.getLabels(0)))
                .toList();
        double first = FisherProducts.of(model, BATCHES.get(0)).loss();
        model.fit(new ListDataSetIterator<>(sets, 1), 2);
        assertThat(listener.history()).hasSize(8);
        assertThat(listener.history().get(0).loss()).isCloseTo(first, withPercentage(1e-9));
        assertThat(listener.history()).extracting(QualityReport::epoch).containsExactly(0, 0, 0, 0, 1, 1, 1, 1);
    }

    private static Model sequences(boolean graph, BackpropType type) {
        LSTM lstm =
                new LSTM.Builder().nIn(2).nOut(3).activation(Activation.TANH).build();
        RnnOutputLayer head = new RnnOutputLayer.Builder(new LossMCXENT())
                .nIn(3)
                .nOut(2)
                .activation(Activation.SOFTMAX)
                .build();
        Model model = graph
                ? new ComputationGraph(settings(new Sgd(0.1))
                        .graphBuilder()
                        .addInputs("x")
                        .addLayer("a", lstm, "x")
                        .addLayer("y", head, "a")
                        .setOutputs("y")
                        .setInputTypes(InputType.recurrent(2))
                        .backpropType(type)
                        .tBPTTLength(2)
                        .build())
                : new MultiLayerNetwork(settings(new Sgd(0.1))
                        .list(lstm, head)
                        .backpropType(type)
                        .tBPTTLength(2)
                        .build());
        model.init();
        disturb(model);
        return model;
    }

    private static MultiDataSet sequenceBatch() {
        INDArray mask = Nd4j.ones(DataType.DOUBLE, 3, 4);
        mask.putScalar(0, 3, 0);
        mask.putScalar(1, 2, 0);
        mask.putScalar(1, 3, 0);
        INDArray labels = Nd4j.zeros(DataType.DOUBLE, 3, 2, 4);
        labels.tensorAlongDimension(0, 0, 2).assign(1);
        return new MultiDataSet(
                new INDArray[] {normal(1, 3, 2, 4)}, new INDArray[] {labels}, new INDArray[] {mask}, new INDArray[] {
                    mask
                });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void masksGoWithTheBatch(boolean graph) {
        Model model = sequences(graph, BackpropType.Standard);
        double expected = FisherProducts.of(model, sequenceBatch()).loss();
        QualityListener listener = every(1).build();
        model.addListeners(listener);
        fit(model, sequenceBatch());
        QualityReport report = listener.history().get(0);
        assertThat(report.loss()).isCloseTo(expected, withPercentage(1e-9));
        assertThat(report.cosineToGradient()).isCloseTo(1, offset(1e-9));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void truncatedBackpropagationIsRefused(boolean graph) {
        Model model = sequences(graph, BackpropType.TruncatedBPTT);
        model.addListeners(every(1).build());
        assertThatThrownBy(() -> fit(model, sequenceBatch()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("truncated back-propagation");
    }

    @Test
    void lineSearchesAreRefused() {
        Model model = model(false, settings(new Sgd(0.1)).optimizationAlgo(OptimizationAlgorithm.LBFGS));
        model.addListeners(every(1).build());
        assertThatThrownBy(() -> fit(model, BATCHES.get(0)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("LBFGS");
    }

    @Test
    void oneListenerServesOneNetwork() {
        QualityListener listener = every(1).build();
        Model first = model(new Sgd(0.1));
        Model second = model(new Sgd(0.2));
        first.addListeners(listener);
        second.addListeners(listener);
        fit(first, BATCHES.get(0));
        fit(second, BATCHES.get(0));
        fit(first, BATCHES.get(1));
        assertThat(listener.history()).extracting(QualityReport::iteration).containsExactly(0, 1);
    }

    @Test
    void gradientsOutsideOfTrainingAreNoSteps() {
        MultiLayerNetwork model = (MultiLayerNetwork) model(new Sgd(0.1));
        QualityListener listener = every(1).build();
        model.addListeners(listener);
        model.setInput(BATCHES.get(0).getFeatures(0));
        model.setLabels(BATCHES.get(0).getLabels(0));
        model.computeGradientAndScore();
        assertThat(listener.history()).isEmpty();
        double expected = FisherProducts.of(model, BATCHES.get(1)).loss();
        fit(model, BATCHES.get(1));
        assertThat(listener.history()).hasSize(1);
        assertThat(listener.history().get(0).loss()).isCloseTo(expected, withPercentage(1e-9));
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> every(0)).hasMessageContaining("at least 1 iteration, but is 0");
        assertThatThrownBy(() -> QualityListener.builder().maxIterations(-1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> QualityListener.builder().damping(-2).build()).hasMessageContaining("-2");
    }
}
