package io.github.dl4jkfac.plan;

import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.curvature.BlockKind;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import java.util.List;

/**
 * A curvature block before it exists.
 *
 * @param slot the layer
 * @param index which of the slot's groups
 * @param part which part of that group
 * @param group that part
 * @param kind of curvature
 * @param jointKey what all parameters of one joint curvature have in common; null for parameters that have theirs alone
 * @param method of the updater that covers it
 */
public record BlockPlan(
        LayerSlot slot, int index, Part part, ParameterGroup group, BlockKind kind, String jointKey, Method method) {

    /** Weights and biases with updaters of their own have blocks of their own. */
    public enum Part {
        /** All of it. */
        WHOLE,
        /** All but the bias. */
        WEIGHTS,
        /** The bias alone. */
        BIAS;

        /**
         * Takes this part of a group's rows.
         *
         * @param rows of the whole group; not modified
         * @return those of the part
         */
        public BatchRows of(BatchRows rows) {
            return switch (this) {
                case WHOLE -> rows;
                case WEIGHTS -> rows.weightsOnly();
                case BIAS -> rows.biasOnly();
            };
        }

        ParameterGroup of(ParameterGroup group) {
            return switch (this) {
                case WHOLE -> group;
                case WEIGHTS -> group.weightsOnly();
                case BIAS -> group.biasOnly();
            };
        }
    }

    /** {@return the matrix that the parameters form} */
    public BlockShape shape() {
        return group.shape();
    }

    /** {@return the rows of that matrix in DL4J's parameter arrays, from the first to the last} */
    public List<Segment> segments() {
        return group.segments();
    }

    /** {@return the layer's name, and what of it the block covers where that is not all} */
    public String name() {
        String parameters = slot.groups().size() > 1 || part != Part.WHOLE
                ? ":"
                        + String.join(
                                ",",
                                segments().stream()
                                        .map(segment -> segment.parameter())
                                        .distinct()
                                        .toList())
                : "";
        return slot.name() + parameters;
    }
}
