package io.github.dl4jkfac.plan;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.curvature.BlockKind;
import io.github.dl4jkfac.step.Hyperparameters;
import io.github.dl4jkfac.step.Momentum;
import io.github.dl4jkfac.step.RefreshPlan;

/** What an updater of this library decides: which parameters get which curvature, what that is made of, and how the step is taken. */
public interface Method {

    /** {@return the updater's name in messages} */
    String name();

    /** {@return the numbers behind a step} */
    Hyperparameters hyperparameters();

    /**
     * Tells whether it looks for curvature at all.
     *
     * @return false if it serves all parameters by itself and needs nothing of the batch but the gradient
     */
    boolean usesCurvature();

    /** {@return where the derivatives come from that its statistics are made of} */
    DerivativeSource source();

    /**
     * Names a source of derivatives as users know it.
     *
     * @param source of this method, or the one that stands for it where outputs are asked
     * @return the name of the curvature that is estimated from it
     */
    String curvatureFrom(DerivativeSource source);

    /**
     * Chooses the curvature of a group of parameters.
     *
     * @param site where the parameters are
     * @return the kind; null if there is none that suits, and {@link #obstacleAt} tells why
     */
    BlockKind kindAt(BlockSite site);

    /**
     * Tells why a group of parameters has no curvature.
     *
     * @param site where the parameters are
     * @return the reason, a clause for the table of blocks
     */
    String obstacleAt(BlockSite site);

    /**
     * Tells which parameters share one joint curvature.
     *
     * @param site where the parameters are
     * @return the same key for all that share it; null for parameters that have theirs alone
     */
    String jointKeyAt(BlockSite site);

    /** {@return whether dense layers that follow each other are to have a curvature together} */
    boolean asksForChains();

    /**
     * Tells whether a dense layer can be a member of such a chain.
     *
     * @param group the layer's parameters
     * @return whether its block would be one that chains know how to join
     */
    boolean wantsChain(ParameterGroup group);

    /** {@return where the momentum stands in its step} */
    Momentum momentum();

    /** {@return the coefficient of weight decay that enters the step unpreconditioned, beside whatever DL4J adds} */
    double weightDecay();

    /**
     * {@return whether its curvature is in the units of the objective, so that an L2 coefficient adds to the damping, dampings follow the
     * scale of the loss, and the preconditioned gradient is as long as a Newton step}
     */
    boolean isInUnitsOfObjective();

    /** {@return whether its curvature asks how steep the loss is at the network's outputs, |dL_n/dz_out|^2 of each sample} */
    boolean needsOutputNorms();

    /**
     * Refuses a batch whose rows are too many, before they are made.
     *
     * @param rows how many there would be
     * @throws IllegalStateException if that is too many, with the remedy
     */
    void requireAffordable(long rows);

    /** {@return whether its steps are shortened until the objective falls as much as they promise} */
    boolean searchesLine();

    /** {@return whether its damping follows how well the quadratic model foretells the objective} */
    boolean adaptsDamping();

    /**
     * Tells what the user should know of this updater on a network.
     *
     * @param network the network
     * @return a clause for the log; null if there is nothing
     */
    String caveat(NetworkView network);

    /** {@return when statistics are taken and put in force} */
    RefreshPlan refreshPlan();

    /**
     * Compares the options that have to be the same for all layers of a network.
     *
     * @param other of another layer
     * @return whether both can be at work on one network
     */
    boolean agreesWith(Method other);
}
