package io.github.dl4jkfac.examples.headline;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.Schedule;
import io.github.dl4jkfac.examples.optimizers.Setting;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContenderTest {

    @Test
    void everyFirstOrderOptimizerHasAllRatesUnderBothSchedules() {
        List<Contender> contenders = Contender.firstOrder(7);
        assertThat(contenders)
                .extracting(Contender::optimizer)
                .containsExactly(Optimizer.NESTEROVS, Optimizer.ADAM, Optimizer.ADAMW, Optimizer.MUON);
        assertThat(contenders.get(1).grid())
                .filteredOn(settings -> settings.schedule() == Schedule.LINEAR)
                .extracting(settings -> settings.get(Setting.LEARNING_RATE, 0.))
                .containsExactly(3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2);
        assertThat(contenders)
                .allSatisfy(
                        contender -> assertThat(contender.grid()).hasSize(14).doesNotHaveDuplicates());
    }

    @Test
    void byHandIsAGridOfTwelve() {
        assertThat(Contender.byHand().grid()).hasSize(12).doesNotHaveDuplicates();
    }
}
