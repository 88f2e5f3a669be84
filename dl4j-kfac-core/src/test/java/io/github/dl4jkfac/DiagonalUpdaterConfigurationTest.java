package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.testing.Fixtures;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** Options of AdaFisher, AdaFisherW and FAdam: defaults, checks, equality and files. */
class DiagonalUpdaterConfigurationTest {

    private static final ISchedule SCHEDULE = new StepSchedule(ScheduleType.ITERATION, 0.3, 0.5, 10);

    /** No two of them are equal. */
    static Stream<NaturalGradientUpdater> updaters() {
        return Stream.of(
                new AdaFisher(),
                AdaFisher.builder().learningRate(0.7).build(),
                AdaFisher.builder().learningRate(SCHEDULE).build(),
                AdaFisher.builder().beta(0.7).build(),
                AdaFisher.builder().damping(0.7).build(),
                AdaFisher.builder().damping(SCHEDULE).build(),
                AdaFisher.builder().statisticsInterval(7).build(),
                AdaFisher.builder().gamma(0.7).build(),
                AdaFisher.builder().gamma(0.08, 0.008).build(),
                AdaFisher.builder().scaledAverages().build(),
                AdaFisher.builder().automatic().build(),
                AdaFisher.builder().fallback(new Nesterovs(0.01)).build(),
                new AdaFisherW(),
                AdaFisherW.builder().weightDecay(0).build(),
                AdaFisherW.builder().gamma(0.7).weightDecay(0.3).build(),
                new FAdam(),
                FAdam.builder().learningRate(0.7).build(),
                FAdam.builder().learningRate(SCHEDULE).build(),
                FAdam.builder().beta1(0.7).build(),
                FAdam.builder().beta2(0.7).build(),
                FAdam.builder().exponent(0.7).build(),
                FAdam.builder().clip(0.7).build(),
                FAdam.builder().epsilon(1e-5).build(),
                FAdam.builder().epsilon(1e-8, 1e-2).build(),
                FAdam.builder().weightDecay(0).build());
    }

    @Test
    void theDefaultsAreThePapers() {
        assertThat(new AdaFisher())
                .isEqualTo(AdaFisher.builder()
                        .learningRate(1e-3)
                        .beta(0.9)
                        .damping(1e-3)
                        .gamma(0.8)
                        .statisticsInterval(100)
                        .build());
        assertThat(new AdaFisherW())
                .isEqualTo(AdaFisherW.builder()
                        .learningRate(1e-3)
                        .beta(0.9)
                        .damping(1e-3)
                        .gamma(0.8)
                        .statisticsInterval(100)
                        .weightDecay(0.01)
                        .build());
        assertThat(new FAdam())
                .isEqualTo(FAdam.builder()
                        .learningRate(1e-3)
                        .beta1(0.9)
                        .beta2(0.999)
                        .exponent(0.5)
                        .clip(1)
                        .epsilon(1e-8, 1e-8)
                        .weightDecay(1e-3)
                        .build());
    }

    @Test
    void ofAutomaticAndBetaTheLastOneCounts() {
        AdaFisher automatic = AdaFisher.builder().beta(0.5).automatic().build();
        assertThat(automatic.automatic()).isTrue();
        assertThat(automatic.getLearningRate(0, 0)).isEqualTo(KFac.AUTOMATIC_LEARNING_RATE);
        AdaFisher byHand = automatic.toBuilder().beta(0.9).build();
        assertThat(byHand).isEqualTo(new AdaFisher());
        assertThat(byHand.automatic()).isFalse();
        AdaFisher slower = AdaFisher.builder().automatic().learningRate(0.1).build();
        assertThat(slower.toBuilder().build()).isEqualTo(slower);
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void filesKeepThem(NaturalGradientUpdater updater) throws Exception {
        MultiLayerNetwork net = Fixtures.mlp(updater, DataType.DOUBLE);
        for (boolean attached : new boolean[] {false, true}) {
            if (attached) {
                KFacListener.attach(net);
            }
            MultiLayerConfiguration conf = net.getLayerWiseConfigurations();
            assertThat(MultiLayerConfiguration.fromJson(conf.toJson())).isEqualTo(conf);
            assertThat(MultiLayerConfiguration.fromYaml(conf.toYaml())).isEqualTo(conf);
            BaseLayer read = (BaseLayer)
                    MultiLayerConfiguration.fromJson(conf.toJson()).getConf(0).getLayer();
            assertThat(((NaturalGradientUpdater) read.getIUpdater()).hasSettingsOf(updater))
                    .isTrue();
            assertThat(((NaturalGradientUpdater) read.getIUpdater()).layout() != null)
                    .isEqualTo(attached);
        }
        ComputationGraphConfiguration graph =
                Fixtures.graph(updater, DataType.DOUBLE).getConfiguration();
        assertThat(ComputationGraphConfiguration.fromJson(graph.toJson())).isEqualTo(graph);
        assertThat(throughJava(updater)).isEqualTo(updater).hasSameHashCodeAs(updater);
    }

    private static Object throughJava(Object object) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return in.readObject();
        }
    }

    @Test
    void equalityAndCloneCoverEveryOption() {
        List<NaturalGradientUpdater> all = updaters().toList();
        assertThat(all).doesNotHaveDuplicates();
        assertThat(all.stream().map(Object::hashCode)).doesNotHaveDuplicates();
        assertThat(updaters().toList()).isEqualTo(all);
        for (NaturalGradientUpdater updater : all) {
            NaturalGradientUpdater clone = updater.clone();
            assertThat(clone).isEqualTo(updater).hasSameHashCodeAs(updater).isNotSameAs(updater);
            clone.setLrAndSchedule(0.5, null);
            assertThat(clone.getLearningRate(0, 0)).isEqualTo(0.5);
            assertThat(updater.getLearningRate(0, 0)).isNotEqualTo(0.5);
        }
    }

    static Stream<Arguments> badOptions() {
        return Stream.of(
                bad(
                        "AdaFisher: learningRate",
                        "0.0",
                        () -> AdaFisher.builder().learningRate(0).build()),
                bad("beta", "1.0", () -> AdaFisher.builder().beta(1).build()),
                bad(
                        "AdaFisher: damping",
                        "-1.0",
                        () -> AdaFisher.builder().damping(-1).build()),
                bad(
                        "AdaFisher: statisticsInterval",
                        "0",
                        () -> AdaFisher.builder().statisticsInterval(0).build()),
                bad(
                        "AdaFisher: gamma",
                        "1.0",
                        () -> AdaFisher.builder().gamma(1).build()),
                bad(
                        "AdaFisherW: the weight of a new batch",
                        "0.0",
                        () -> AdaFisherW.builder().gamma(0.5, 0).build()),
                bad(
                        "AdaFisherW: weightDecay",
                        "-0.1",
                        () -> AdaFisherW.builder().weightDecay(-0.1)),
                bad(
                        "AdaFisherW: learningRate",
                        "-1.0",
                        () -> AdaFisherW.builder().learningRate(-1).build()),
                bad(
                        "FAdam: learningRate",
                        "NaN",
                        () -> FAdam.builder().learningRate(Double.NaN).build()),
                bad("FAdam: beta1", "1.0", () -> FAdam.builder().beta1(1).build()),
                bad("FAdam: beta2", "1.0", () -> FAdam.builder().beta2(1).build()),
                bad("FAdam: exponent", "0.0", () -> FAdam.builder().exponent(0).build()),
                bad("FAdam: clip", "0.0", () -> FAdam.builder().clip(0).build()),
                bad("FAdam: epsilon", "0.0", () -> FAdam.builder().epsilon(0).build()),
                bad(
                        "FAdam: epsilon2",
                        "-1.0",
                        () -> FAdam.builder().epsilon(1e-8, -1).build()),
                bad(
                        "FAdam: weightDecay",
                        "-1.0",
                        () -> FAdam.builder().weightDecay(-1).build()));
    }

    private static Arguments bad(String option, String value, ThrowingCallable build) {
        return Arguments.of(option, value, build);
    }

    @ParameterizedTest
    @MethodSource("badOptions")
    void badOptionsAreNamed(String option, String value, ThrowingCallable build) {
        assertThatThrownBy(build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(option, "must be", "got " + value);
    }

    @Test
    void theFallbackUpdaterIsOneOfDL4Js() {
        assertThatThrownBy(() -> AdaFisher.builder().fallback(new FAdam()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("FAdam");
        assertThatThrownBy(() -> AdaFisher.builder().fallback(null)).isInstanceOf(NullPointerException.class);
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void theTextNamesTheUpdater(NaturalGradientUpdater updater) {
        assertThat(updater.toString()).startsWith(updater.getClass().getSimpleName());
    }
}
