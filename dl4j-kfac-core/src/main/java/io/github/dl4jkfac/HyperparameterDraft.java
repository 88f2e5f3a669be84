package io.github.dl4jkfac;

import io.github.dl4jkfac.step.Hyperparameters;
import io.github.dl4jkfac.step.RefreshOptions;
import io.github.dl4jkfac.step.StatisticsOptions;
import io.github.dl4jkfac.step.StepOptions;
import org.nd4j.linalg.schedule.ISchedule;

/** Hyper-parameters while they are being collected; begins with values that suit K-FAC. Numbers that may be null are open until then. */
final class HyperparameterDraft implements Cloneable {

    Double learningRate;
    /** What the learning rate is unless it is set, of steps that are controlled by hand. */
    double rateByHand = KFac.DEFAULT_LEARNING_RATE;

    ISchedule learningRateSchedule;
    double momentum = KFac.DEFAULT_MOMENTUM;
    Double damping = KFac.DEFAULT_DAMPING;
    ISchedule dampingSchedule;
    boolean automatic;
    Double klClip = KFac.DEFAULT_KL_CLIP;
    ISchedule klClipSchedule;
    int statisticsInterval = KFac.DEFAULT_STATISTICS_INTERVAL;
    int inverseInterval = KFac.DEFAULT_INVERSE_INTERVAL;
    boolean background;
    double statisticsDecay = KFac.DEFAULT_STATISTICS_DECAY;
    double statisticsFraction = KFac.DEFAULT_STATISTICS_FRACTION;
    long seed = 1;

    void take(Hyperparameters values) {
        automatic = values.step().automatic();
        learningRate = null; // the default depends on how steps are controlled, which may change again
        if (values.step().learningRate() != rate()) {
            learningRate = values.step().learningRate();
        }
        learningRateSchedule = values.step().learningRateSchedule();
        momentum = values.step().momentum();
        damping = values.refresh().damping();
        dampingSchedule = values.refresh().dampingSchedule();
        klClip = values.step().klClip();
        klClipSchedule = values.step().klClipSchedule();
        statisticsInterval = values.statistics().statisticsInterval();
        inverseInterval = values.refresh().inverseInterval();
        background = values.refresh().background();
        statisticsDecay = values.statistics().statisticsDecay();
        statisticsFraction = values.statistics().statisticsFraction();
        seed = values.statistics().seed();
    }

    private double rate() {
        if (learningRate != null) {
            return learningRate;
        }
        return automatic ? KFac.AUTOMATIC_LEARNING_RATE : rateByHand;
    }

    HyperparameterDraft copy() {
        try {
            return (HyperparameterDraft) clone();
        } catch (CloneNotSupportedException e) {
            throw new AssertionError("drafts are Cloneable", e);
        }
    }

    /**
     * @param updater its name, for messages
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    Hyperparameters checked(String updater) {
        try {
            return new Hyperparameters(
                    new StepOptions(rate(), learningRateSchedule, momentum, automatic, klClip, klClipSchedule),
                    new StatisticsOptions(statisticsInterval, statisticsDecay, statisticsFraction, seed),
                    new RefreshOptions(inverseInterval, damping, dampingSchedule, background));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(updater + ": " + e.getMessage(), e);
        }
    }
}
