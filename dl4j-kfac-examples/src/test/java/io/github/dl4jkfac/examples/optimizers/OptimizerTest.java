package io.github.dl4jkfac.examples.optimizers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.examples.failures.UserError;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.learning.config.IUpdater;

class OptimizerTest {

    /** A value of each setting, none of them a default. */
    private static final OptimizerSettings ALL = OptimizerSettings.DEFAULTS
            .with(Setting.LEARNING_RATE, 0.123)
            .with(Setting.MOMENTUM, 0.35)
            .with(Setting.BETA, 0.45)
            .with(Setting.DAMPING, 0.017)
            .with(Setting.RELATIVE_DAMPING, 0.018)
            .with(Setting.KL_CLIP, 0.019)
            .with(Setting.CURVATURE, Curvature.EMPIRICAL_FISHER)
            .with(Setting.STATISTICS_INTERVAL, 3)
            .with(Setting.INVERSE_INTERVAL, 7)
            .with(Setting.BACKGROUND_REFRESH, true)
            .with(Setting.WEIGHT_DECAY, 0.021)
            .with(Setting.SCHEDULE, Schedule.LINEAR);

    @Test
    void namesHaveHyphens() {
        assertThat(Arrays.stream(Optimizer.values()).map(Optimizer::id))
                .contains("kfac", "ekfac", "kfac-tridiagonal", "ief", "ef", "sf", "egn", "fngd", "adafisher", "fadam")
                .allMatch(id -> Optimizer.of(id).id().equals(id));
        assertThatThrownBy(() -> Optimizer.of("kfac_tridiagonal"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("kfac-tridiagonal");
    }

    @ParameterizedTest
    @EnumSource
    void everySettingReachesTheUpdater(Optimizer optimizer) {
        for (Setting<?> setting : optimizer.settings()) {
            IUpdater standard = optimizer.updater(OptimizerSettings.DEFAULTS, 1);
            IUpdater changed = optimizer.updater(ALL.only(List.of(setting)), 1);
            assertThat(changed).as(setting.toString()).isNotEqualTo(standard);
        }
    }

    @ParameterizedTest
    @EnumSource
    void settingsOfOthersDoNothing(Optimizer optimizer) {
        OptimizerSettings own = ALL.only(optimizer.settings());
        assertThat(own.settings()).isEqualTo(optimizer.settings());
        assertThat(optimizer.updater(ALL, 1)).isEqualTo(optimizer.updater(own, 1));
    }

    @Test
    void aValueOutOfRangeNamesTheOptimizer() {
        assertThatThrownBy(() -> Optimizer.EKFAC.updater(OptimizerSettings.DEFAULTS.with(Setting.MOMENTUM, 2.), 1))
                .isInstanceOf(UserError.class)
                .hasMessageStartingWith("ekfac: ")
                .hasMessageContaining("2.0");
    }
}
