package io.github.dl4jkfac.session;

import io.github.dl4jkfac.curvature.rows.Magnitude;

/** Decides whether a batch goes on. */
interface Admission {

    /**
     * Looks at something of the batch.
     *
     * @param magnitude how large it is
     * @param what subject and verb of a clause that ends with "not finite"
     * @return whether the batch goes on
     */
    boolean admits(Magnitude magnitude, String what);
}
