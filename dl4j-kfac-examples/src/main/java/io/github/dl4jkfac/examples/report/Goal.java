package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.training.Scores;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What optimizers race for. */
public enum Goal {
    /** Loss on the training data; less is better. */
    TRAIN_LOSS("train loss", Scores::trainLoss, -1),
    /** Accuracy on the test data; more is better. */
    TEST_ACCURACY("test accuracy", Scores::testAccuracy, 1);

    private final String title;
    private final ToDoubleFunction<Scores> value;
    private final int sign;

    Goal(String title, ToDoubleFunction<Scores> value, int sign) {
        this.title = title;
        this.value = value;
        this.sign = sign;
    }

    /**
     * @param classifies whether what is trained has an accuracy
     * @return the goals that make sense for it
     */
    static List<Goal> of(boolean classifies) {
        return classifies ? List.of(TRAIN_LOSS, TEST_ACCURACY) : List.of(TRAIN_LOSS);
    }

    /** @return the name in sentences */
    public String title() {
        return title;
    }

    double value(Scores scores) {
        return value.applyAsDouble(scores);
    }

    /** @return whether the scores are at least as good as the target; never with NaN */
    boolean reached(Scores scores, double target) {
        return sign * value(scores) >= sign * target;
    }
}
