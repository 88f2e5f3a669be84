package io.github.dl4jkfac.step;

/** Where momentum stands in a step that preconditions. */
public enum Momentum {
    /** Behind the preconditioning: m &lt;- mu m + nu U, update = alpha m. */
    OF_STEPS,
    /**
     * In front of it: m &lt;- mu m + (1 - mu) V, and what is preconditioned is the gradients' average m / (1 - mu^t) at step t (Gomes et
     * al. 2024, algorithm 1).
     */
    OF_GRADIENTS
}
