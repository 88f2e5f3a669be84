package io.github.dl4jkfac.curvature;

/**
 * A renewal of what preconditioning needs, in three parts: it has been staged, which read the statistics; it is computed, by any
 * thread and outside of the state; and it is committed, by the training thread, which puts it in force. If it fails, the last good
 * state stays in force.
 */
public interface Refresh {

    /** There is nothing to renew. */
    Refresh NONE = new Refresh() {
        @Override
        public void compute() {
            // nothing to compute
        }

        @Override
        public boolean commit() {
            return false;
        }
    };

    /**
     * Computes what is to be put in force, without writing into the state. Statistics must not change between the staging and the end
     * of this call.
     */
    void compute();

    /**
     * Puts in force what has been computed, and frees the memory that it took. To be called once, after {@link #compute}.
     *
     * @return whether anything new is in force
     */
    boolean commit();

    /** Does both at once, on the calling thread. */
    default void run() {
        compute();
        commit();
    }
}
