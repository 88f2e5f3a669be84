package io.github.dl4jkfac.step;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/** A worker that DL4J calls for one updater block, and that takes part in the step of its network: without one it cannot step. */
public abstract class BoundWorker implements GradientUpdater<IUpdater> {

    private final IUpdater config;
    private final Hyperparameters hyperparameters;
    private NetworkStep step;
    private Object owner;

    BoundWorker(IUpdater config, Hyperparameters hyperparameters) {
        this.config = config;
        this.hyperparameters = hyperparameters;
    }

    /**
     * Ties the worker to the step of its network.
     *
     * @param step the step over all such workers of the network
     * @param owner whatever has to live as long as this worker; see {@link #owner()}
     */
    public final void bind(NetworkStep step, Object owner) {
        this.step = step;
        this.owner = owner;
    }

    /** What the worker has been told of its network holds no longer. */
    final void unbind() {
        step = null;
    }

    /** {@return the owner that {@link #bind} was given; null before} Kept here so that it lives exactly as long as DL4J's updater. */
    public final Object owner() {
        return owner;
    }

    /** {@return the numbers behind the step} */
    public final Hyperparameters hyperparameters() {
        return hyperparameters;
    }

    /** {@return the number of steps taken} */
    public abstract long steps();

    abstract void setSteps(long number);

    /** {@return whether the state has been through a type too small for it, such as HALF, and means nothing any more} */
    public abstract boolean isStateCoarsened();

    /** The name of the layer, for messages. */
    abstract String layer();

    @Override
    public final IUpdater getConfig() {
        return config;
    }

    /**
     * Replaces the gradient by the update, in place.
     *
     * @param gradient the block's flat gradient: mean over the batch, clipped and with L1/L2 added by DL4J
     */
    @Override
    public final void applyUpdater(INDArray gradient, int iteration, int epoch) {
        if (step != null) {
            step.apply(this, gradient, iteration, epoch);
        } else if (MissingListener.isPretraining()) {
            pretrain(gradient, iteration, epoch);
        } else {
            throw MissingListener.of(config);
        }
    }

    /** A step of layer-wise pretraining: DL4J makes another updater for it, of the layer alone, which no listener can be told of. */
    void pretrain(INDArray gradient, int iteration, int epoch) {
        throw new IllegalStateException(config.getClass().getSimpleName() + " cannot pretrain layer '" + layer()
                + "', which has a curvature block: pretrain() has no curvature. Call fit() instead, or BlockRegistry.unregister"
                + " its type and KFacListener.attach(net) again, so that its fallback updater serves it.");
    }
}
