package io.github.dl4jkfac.control;

import static io.github.dl4jkfac.testing.TestNetworks.disturb;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.ExactFisher;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.session.Sessions;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import io.github.dl4jkfac.testing.TestNetworks;
import java.io.File;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

/** Steps that are tried before they are taken: line search, and damping that adapts. */
class TrialStepTest {

    private static final DataType TYPE = DataType.DOUBLE;
    private static final DataSet BATCH = Fixtures.batch(TYPE, 48, 7);

    @TempDir
    File folder;

    private static ExactFisher.Builder gaussNewton(double rate) {
        return ExactFisher.builder()
                .curvature(Curvature.EXACT_FISHER)
                .learningRate(rate)
                .momentum(0)
                .withoutKlClip()
                .damping(1e-4);
    }

    private static Model network(Kind kind, ExactFisher updater) {
        Model model = kind.create(updater, TYPE);
        disturb(model);
        KFacListener.attach(model);
        return model;
    }

    private static double loss(Model model, INDArray parameters) {
        INDArray before = model.params().dup();
        model.setParams(parameters);
        double loss = Fixtures.score(model, BATCH);
        model.setParams(before);
        return loss;
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 8, 64, 512})
    void theStepIsHalvedUntilTheLossFalls(double rate) {
        for (Kind kind : List.of(Kind.SEQUENTIAL, Kind.GRAPH)) {
            Model plain = network(kind, gaussNewton(rate).build());
            Model searching = network(kind, gaussNewton(rate).lineSearch().build());
            INDArray start = plain.params().dup();
            Fixtures.fit(plain, BATCH);
            Fixtures.fit(searching, BATCH);
            INDArray whole = start.sub(plain.params());
            double share = 1;
            double slope = slope(kind, start, whole);
            while (loss(searching, start.sub(whole.mul(share))) - loss(searching, start)
                    > -TrialStep.LEAST_SHARE * share * slope) {
                share /= 2;
            }
            INDArray step = start.sub(searching.params());
            if (share < Math.pow(2, -TrialStep.MOST_HALVINGS)) {
                assertThat(step.norm2Number().doubleValue()).isZero();
            } else {
                assertThat(error(step, whole.mul(share))).isLessThan(1e-9);
            }
        }
    }

    /** The inner product of a direction and the gradient. */
    private static double slope(Kind kind, INDArray at, INDArray direction) {
        Model model = kind.create(new Sgd(1), TYPE);
        model.setParams(at.dup());
        Fixtures.fit(model, BATCH);
        return TestNetworks.inner(at.sub(model.params()), direction);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void theLossFallsAtAnyLearningRate(Kind kind) {
        Model model = network(
                kind,
                ExactFisher.builder().learningRate(300).momentum(0).lineSearch().build());
        Fixtures.fit(model, BATCH);
        double before = model.score();
        for (int step = 0; step < 15; step++) {
            Fixtures.fit(model, BATCH);
        }
        assertThat(model.score()).isLessThan(before);
    }

    @Test
    void theRuleOfLevenbergAndMarquardt() {
        double lower = Math.pow(0.95, 5);
        assertThat(TrialStep.adaptation(-1, -1)).isEqualTo(lower);
        assertThat(TrialStep.adaptation(-0.5, -1)).isEqualTo(1);
        assertThat(TrialStep.adaptation(-0.2, -1)).isEqualTo(1 / lower);
        assertThat(TrialStep.adaptation(3, -1)).isEqualTo(1 / lower);
        assertThat(TrialStep.adaptation(Double.NaN, -1)).isEqualTo(1 / lower);
        assertThat(TrialStep.adaptation(-1, 0.5)).as("no model").isEqualTo(1);
    }

    private static double factor(Model model) {
        return Sessions.find(model).report().damping();
    }

    /** The change of the loss is measured, that of the model is -(alpha - alpha^2 / 2) of the slope. */
    @ParameterizedTest
    @ValueSource(doubles = {0.1, 1, 1.9})
    void dampingFollowsTheModelEveryFifthStep(double rate) {
        Model model =
                network(Kind.SEQUENTIAL, gaussNewton(rate).adaptiveDamping().build());
        double expected = 1e-4;
        for (int step = 0; step < 11; step++) {
            INDArray before = model.params().dup();
            Fixtures.fit(model, BATCH);
            assertThat(factor(model)).as("step %d", step).isCloseTo(expected, offset(1e-12));
            INDArray change = before.sub(model.params());
            double slope = slope(Kind.SEQUENTIAL, before, change); // alpha <U,V>
            double foretold = -slope + rate / 2 * slope;
            if (step % TrialStep.ADAPTATION_INTERVAL == 0) {
                expected *= TrialStep.adaptation(loss(model, model.params()) - loss(model, before), foretold);
            }
        }
        assertThat(expected).isNotEqualTo(1e-4);
    }

    @Test
    void dampingThatAdaptsResumes() throws Exception {
        ExactFisher updater = ExactFisher.builder()
                .curvature(Curvature.SAMPLED_FISHER)
                .relativeDamping(0.1)
                .adaptiveDamping()
                .lineSearch()
                .build();
        List<DataSet> batches = Fixtures.batches(DataType.FLOAT, 13);
        for (Kind kind : Kind.values()) {
            Model uninterrupted = kind.create(updater, DataType.FLOAT);
            KFacListener.attach(uninterrupted);
            Fixtures.fit(uninterrupted, batches.subList(0, 7));
            Model resumed = Fixtures.throughFile(uninterrupted, new File(folder, kind + ".zip"));
            KFacListener.attach(resumed);
            Fixtures.fit(uninterrupted, batches.subList(7, 13));
            Fixtures.fit(resumed, batches.subList(7, 13));
            Fixtures.assertSameTraining(resumed, uninterrupted);
        }
    }

    /** Steps so short that none is shortened. */
    @Test
    void triesLeaveTheNetworkAlone() {
        Model plain = network(Kind.SPLIT_BLOCKS, gaussNewton(1e-3).damping(1).build());
        Model tried = network(
                Kind.SPLIT_BLOCKS, gaussNewton(1e-3).damping(1).lineSearch().build());
        for (DataSet batch : Fixtures.batches(TYPE, 4)) {
            Fixtures.fit(plain, batch);
            Fixtures.fit(tried, batch);
        }
        Fixtures.assertSameTraining(tried, plain);
    }

    @Test
    void onlyAMatrixHasAQuadraticModel() {
        assertThatThrownBy(() -> ExactFisher.builder().adaptiveDamping().build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("adaptiveDamping", "IMPROVED_EMPIRICAL_FISHER");
    }
}
