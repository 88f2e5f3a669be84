package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.examples.UserError;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;

/** The optimizers that the examples compare: name, kind and how to configure each. A new one is one entry here. */
public enum Optimizer {
    /** Kronecker-factored natural gradient. */
    KFAC(false) {
        @Override
        IUpdater build(HyperParameters chosen, long seed) {
            KFac.Builder builder = KFac.builder()
                    .seed(seed)
                    .learningRate(chosen.rate(KFac.DEFAULT_LEARNING_RATE))
                    .fallback(new Adam(chosen.schedule(Adam.DEFAULT_ADAM_LEARNING_RATE)));
            if (chosen.momentum() != null) {
                builder.momentum(chosen.momentum());
            }
            if (chosen.damping() != null) {
                builder.damping(chosen.damping());
            }
            double klClip = chosen.klClip() == null ? KFac.DEFAULT_KL_CLIP : chosen.klClip();
            if (chosen.schedule() == Schedule.LINEAR) {
                // a bound that binds hides the learning rate, so it has to shrink as the rate's square
                builder.klClip(new LinearDecay(klClip, 2));
            } else {
                builder.klClip(klClip);
            }
            if (chosen.curvature() != null) {
                builder.curvature(chosen.curvature());
            }
            if (chosen.statisticsInterval() != null) {
                builder.statisticsInterval(chosen.statisticsInterval());
            }
            if (chosen.inverseInterval() != null) {
                builder.inverseInterval(chosen.inverseInterval());
            }
            return builder.build();
        }
    },
    /** Stochastic gradient descent with Nesterov momentum. */
    NESTEROVS(true) {
        @Override
        IUpdater build(HyperParameters chosen, long seed) {
            return new Nesterovs(chosen.rate(0.0025), chosen.momentum() == null ? 0.9 : chosen.momentum());
        }
    },
    /** Adam. */
    ADAM(true) {
        @Override
        IUpdater build(HyperParameters chosen, long seed) {
            return new Adam(chosen.rate(1e-3));
        }
    },
    /** Plain stochastic gradient descent. */
    SGD(true) {
        @Override
        IUpdater build(HyperParameters chosen, long seed) {
            return new Sgd(chosen.rate(0.01));
        }
    };

    private final boolean firstOrder;

    Optimizer(boolean firstOrder) {
        this.firstOrder = firstOrder;
    }

    abstract IUpdater build(HyperParameters chosen, long seed);

    /** @return the name on the command line and in result files */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @return whether it is a baseline that looks at gradients only */
    public boolean firstOrder() {
        return firstOrder;
    }

    /** @return whether it has a momentum coefficient */
    public boolean hasMomentum() {
        return this == NESTEROVS || !firstOrder;
    }

    /**
     * @param chosen what the user set
     * @param seed of the optimizer's own random numbers
     * @return the DL4J configuration of this optimizer
     * @throws UserError if a value is out of range
     */
    public IUpdater updater(HyperParameters chosen, long seed) {
        try {
            return build(chosen, seed);
        } catch (IllegalArgumentException e) {
            throw new UserError(id() + ": " + e.getMessage(), e);
        }
    }

    /**
     * @param id a name as {@link #id()} gives it
     * @return the optimizer
     * @throws UserError if there is none of that name
     */
    public static Optimizer of(String id) {
        return Arrays.stream(values())
                .filter(known -> known.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new UserError("unknown optimizer '" + id + "'; known are "
                        + Arrays.stream(values()).map(Optimizer::id).collect(Collectors.joining(", "))));
    }
}
