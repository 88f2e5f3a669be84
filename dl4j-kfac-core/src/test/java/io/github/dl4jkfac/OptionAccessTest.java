package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.session.Sessions;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import io.github.dl4jkfac.testing.LogCapture;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** Every option can be read off an updater, and set on a builder that begins with its options. */
class OptionAccessTest {

    private static final ISchedule SCHEDULE = new StepSchedule(ScheduleType.ITERATION, 0.3, 0.5, 10);

    /** Each option set to something that is no default, one at a time, where the updater allows that. */
    private static List<NaturalGradientUpdater> variants(Class<?> updater) throws Exception {
        List<NaturalGradientUpdater> all = new java.util.ArrayList<>();
        for (Method option : options(updater)) {
            Object builder = updater.getMethod("builder").invoke(null);
            if (option.getName().equals("reuseCoefficients")) {
                ((ExactFisher.Builder) builder)
                        .curvature(Curvature.EMPIRICAL_FISHER)
                        .layerWise();
            }
            if (option.getName().equals("adaptiveDamping")) {
                ((ExactFisher.Builder) builder).curvature(Curvature.SAMPLED_FISHER);
            }
            option.invoke(
                    builder,
                    Arrays.stream(option.getParameterTypes())
                            .map(OptionAccessTest::other)
                            .toArray());
            all.add(built(builder));
        }
        return all;
    }

    private static NaturalGradientUpdater built(Object builder) throws Exception {
        return (NaturalGradientUpdater) builder.getClass().getMethod("build").invoke(builder);
    }

    private static List<Method> options(Class<?> updater) throws Exception {
        Class<?> builder = updater.getMethod("builder").getReturnType();
        // methods that come from a class that is not public are bridges here, which anybody may call
        return Arrays.stream(builder.getMethods())
                .filter(method -> method.getDeclaringClass() != Object.class)
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .filter(method -> !method.getName().equals("build"))
                .collect(Collectors.toMap(
                        method -> method.getName() + Arrays.toString(method.getParameterTypes()),
                        method -> method,
                        (first, second) -> first,
                        TreeMap::new))
                .values()
                .stream()
                .toList();
    }

    private static Object other(Class<?> type) {
        if (type == double.class) {
            return 0.37;
        }
        if (type == int.class) {
            return 17;
        }
        if (type == long.class) {
            return 19L;
        }
        if (type == ISchedule.class) {
            return SCHEDULE;
        }
        if (type == IUpdater.class) {
            return new Nesterovs(0.2, 0.3);
        }
        Object[] choices = type.getEnumConstants();
        return choices[choices.length - 1];
    }

    static Stream<Class<?>> updaters() {
        return Stream.of(KFac.class, EKFac.class, ExactFisher.class, AdaFisher.class, AdaFisherW.class, FAdam.class);
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void everyOptionSurvivesToBuilder(Class<?> updater) throws Exception {
        List<NaturalGradientUpdater> variants = variants(updater);
        assertThat(variants).hasSizeGreaterThan(6);
        for (NaturalGradientUpdater variant : variants) {
            Object builder = updater.getMethod("toBuilder").invoke(variant);
            assertThat(built(builder)).isEqualTo(variant).isNotSameAs(variant);
        }
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void everyOptionHasAGetter(Class<?> updater) throws Exception {
        NaturalGradientUpdater plain = built(updater.getMethod("builder").invoke(null));
        for (Method option : options(updater)) {
            boolean bySchedule =
                    option.getParameterTypes().length == 1 && option.getParameterTypes()[0] == ISchedule.class;
            String name = option.getName().equals("withoutKlClip")
                    ? "klClip"
                    : option.getName() + (bySchedule ? "Schedule" : "");
            Method getter = updater.getMethod(name);
            Object builder = updater.getMethod("builder").invoke(null);
            if (name.equals("reuseCoefficients")) {
                ((ExactFisher.Builder) builder)
                        .curvature(Curvature.EMPIRICAL_FISHER)
                        .layerWise();
            }
            if (name.equals("adaptiveDamping")) {
                ((ExactFisher.Builder) builder).curvature(Curvature.SAMPLED_FISHER);
            }
            Object[] values = Arrays.stream(option.getParameterTypes())
                    .map(OptionAccessTest::other)
                    .toArray();
            option.invoke(builder, values);
            Object expected = values.length > 0 ? values[0] : name.equals("klClip") ? (Object) 0.0 : true;
            assertThat(getter.invoke(built(builder))).as(name).isEqualTo(expected);
            if (name.equals("automatic")) {
                assertThat(getter.invoke(plain)).isEqualTo(plain instanceof KFac || plain instanceof EKFac);
            } else if (!expected.equals(0.0) && !expected.equals(ExactFisher.DEFAULT_CURVATURE)) {
                assertThat(getter.invoke(plain)).as("default of " + name).isNotEqualTo(expected);
            }
        }
    }

    /** What is a field in the text is an option: no field may be without one. */
    @Test
    void theSecondValuesOfOptionsHaveGettersToo() {
        assertThat(AdaFisher.builder().gamma(0.5, 0.1).build().gammaOfBatch()).isEqualTo(0.1);
        assertThat(FAdam.builder().epsilon(1e-8, 1e-3).build().epsilon2()).isEqualTo(1e-3);
        assertThat(ExactFisher.builder()
                        .curvature(Curvature.EMPIRICAL_FISHER)
                        .layerWise()
                        .reuseCoefficients(CoefficientReuse.BY_ORDER, 40)
                        .build()
                        .samplesPerEpoch())
                .isEqualTo(40);
        Sgd sgd = new Sgd(0.1);
        KFac kfac = KFac.builder().fallback(sgd).build();
        kfac.fallback().setLrAndSchedule(7, null); // a copy
        assertThat(kfac.fallback()).isEqualTo(new Sgd(0.1));
    }

    @Test
    void theBlocksAreData() {
        for (Kind kind : Kind.values()) {
            for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
                var model = kind.create(new KFac(), type);
                List<BlockSummary> before = KFacListener.blocks(model);
                try (LogCapture log = new LogCapture()) {
                    KFacListener.attach(model);
                    List<BlockSummary> blocks = KFacListener.blocks(model);
                    assertThat(blocks).isEqualTo(before);
                    for (BlockSummary block : blocks) {
                        assertThat(log.infos().get(0)).contains(block.layer(), block.block());
                    }
                }
                for (BlockSummary block : before) {
                    if (block.reason() != null) {
                        assertThat(block.bytes()).isZero();
                        continue;
                    }
                    long own = Sessions.find(model).blocks().stream()
                            .filter(bound -> bound.plan().name().equals(block.layer()))
                            .mapToLong(bound -> bound.state().momentum().length())
                            .sum();
                    assertThat(block.inputDimension() * block.outputs()).isEqualTo(own);
                    if (block.block().equals("Kronecker")) {
                        long a = block.inputDimension();
                        long g = block.outputs();
                        assertThat(block.bytes()).isEqualTo(2 * (a * a + g * g) * type.width());
                        assertThat(block.refreshFlops()).isPositive();
                    }
                }
            }
        }
        Set<String> kinds = KFacListener.blocks(Kind.WITH_FALLBACK.create(new KFac(), DataType.FLOAT)).stream()
                .map(BlockSummary::block)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(kinds).containsExactly("Kronecker", "fallback");
        assertThat(KFacListener.blocks(Fixtures.graph(new FAdam(), DataType.FLOAT)))
                .hasSize(4)
                .allMatch(block -> block.block().equals("FAdam"));
        assertThatThrownBy(() -> KFacListener.blocks(Fixtures.mlp(new Sgd(), DataType.FLOAT)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("No layer of the network has KFac");
    }
}
