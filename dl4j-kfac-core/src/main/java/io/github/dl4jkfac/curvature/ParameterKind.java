package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.curvature.rows.LookupRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.curvature.rows.SampleGradients;

/** How a group of parameters acts, and so which rows it has and which blocks suit it. */
public enum ParameterKind {
    /** A matrix applied once per sample: {@link OuterProductRows} with one position. */
    DENSE,
    /** A matrix applied at many places of an image, a volume or a line: {@link OuterProductRows}. */
    CONVOLUTION,
    /** A matrix for each channel, applied at many places: {@link OuterProductRows} whose inputs are [N T, groups window]. */
    DEPTHWISE,
    /** A matrix applied at every time step: {@link OuterProductRows}. */
    RECURRENT,
    /** A table whose rows are looked up: {@link LookupRows}. */
    EMBEDDING,
    /** Numbers that act unit by unit, such as scale and shift: {@link SampleGradients}. */
    UNITWISE
}
