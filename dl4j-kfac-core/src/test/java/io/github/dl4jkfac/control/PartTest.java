package io.github.dl4jkfac.control;

import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.diagnostics.StepControl;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** Parts of the automatic step that are switched off. */
class PartTest {

    @AfterEach
    void switchOn() {
        System.clearProperty(Part.PROPERTY);
    }

    private static List<StepControl> steps(String without) {
        DataSet batch = new DataSet(normal(1, 20, 4), normal(2, 20, 2));
        return steps(without, batch, 12, dense(4, 6, Activation.TANH).build(), linear(6));
    }

    /** So much work that the same batch again and again is not measured each time, and a loss that the model foretells exactly. */
    private static List<StepControl> stepsOfLeastSquares(String without) {
        DataSet batch = new DataSet(normal(1, 5000, 1000), normal(2, 5000, 2));
        return steps(without, batch, 6, linear(1000));
    }

    private static Layer linear(int inputs) {
        return output(inputs, 2, Activation.IDENTITY, new LossMSE()).build();
    }

    private static List<StepControl> steps(String without, DataSet batch, int count, Layer... layers) {
        System.setProperty(Part.PROPERTY, without);
        MultiLayerNetwork network = sequence(settings(new KFac()), layers);
        KFacListener listener = KFacListener.attach(network);
        List<StepControl> steps = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            network.fit(batch);
            steps.add(listener.report(network).control());
        }
        return steps;
    }

    @Test
    void momentumIsZeroWithoutIt() {
        assertThat(steps("")).anySatisfy(step -> assertThat(step.momentum()).isPositive());
        assertThat(steps("momentum"))
                .allSatisfy(step -> assertThat(step.momentum()).isZero());
    }

    @Test
    void everyStepIsMeasuredWithoutIntervals() {
        assertThat(stepsOfLeastSquares("")).extracting(StepControl::measured).contains(false);
        assertThat(stepsOfLeastSquares("interval"))
                .extracting(StepControl::measured)
                .containsOnly(true);
    }

    @Test
    void nothingIsBoundedWithoutARegion() {
        assertThat(steps("")).allSatisfy(step -> assertThat(step.region()).isFinite());
        assertThat(steps("region, trial")).extracting(StepControl::region).containsOnly(Double.POSITIVE_INFINITY);
    }

    @Test
    void stepsAreWholeWithoutTheModelsRate() {
        assertThat(steps("rate,region,trial,momentum,layers,watch"))
                .extracting(StepControl::alpha)
                .containsOnly(1.);
    }

    @Test
    void unknownPartsAreRefused() {
        assertThatThrownBy(() -> steps("luck"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("dl4jkfac.without")
                .hasMessageContaining("luck");
    }
}
