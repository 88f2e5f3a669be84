package io.github.dl4jkfac.state;

import java.io.Serializable;
import java.util.List;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * What one curvature block keeps in the updater state: the momentum [dA,dG] of its parameters, a counter, and its own matrices.
 *
 * @param type name of the block's type
 * @param inputDimension dA, the rows of its parameter matrix, the bias among them
 * @param outputs dG, the columns of its parameter matrix
 * @param bias whether the last row of the parameter matrix is the bias
 * @param slices the matrices, in the order in which they are kept
 * @serial exclude
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
public record BlockLayout(
        @JsonProperty("type") String type,
        @JsonProperty("inputDimension") int inputDimension,
        @JsonProperty("outputs") int outputs,
        @JsonProperty("bias") boolean bias,
        @JsonProperty("slices") List<Slice> slices)
        implements Serializable {

    /**
     * Copies the list of matrices.
     *
     * @param type name of the block's type
     * @param inputDimension dA
     * @param outputs dG
     * @param bias whether the last row is the bias
     * @param slices the matrices
     */
    public BlockLayout {
        // a list that serialises everywhere, whatever came in
        slices = List.copyOf(slices);
    }

    /** {@return the number of parameters in the block, dA dG} */
    public long parameters() {
        return (long) inputDimension * outputs;
    }

    /** {@return the number of entries of all matrices} */
    public long curvatureSize() {
        return slices.stream().mapToLong(Slice::length).sum();
    }

    @Override
    public String toString() {
        return type + " [" + inputDimension + " x " + outputs + "]";
    }
}
