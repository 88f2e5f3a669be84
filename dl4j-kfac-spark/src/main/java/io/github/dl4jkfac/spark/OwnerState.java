package io.github.dl4jkfac.spark;

import java.io.Serializable;

/**
 * What one owner keeps of the curvature after a step.
 *
 * @param owner its number
 * @param serial of the change that made it what it is; no other change of the training has the same
 * @param bytes as {@link io.github.dl4jkfac.session.OwnedCurvature} writes them; null if the statistics have overflowed
 */
record OwnerState(int owner, long serial, byte[] bytes) implements Serializable {

    boolean isSound() {
        return bytes != null;
    }
}
