package io.github.dl4jkfac.state;

import java.io.Serializable;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * A matrix that a curvature block keeps in the updater state.
 *
 * @param name its name, unique in its block
 * @param rows number of rows
 * @param columns number of columns
 * @serial exclude
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
public record Slice(
        @JsonProperty("name") String name,
        @JsonProperty("rows") int rows,
        @JsonProperty("columns") int columns) implements Serializable {

    /** {@return the number of its entries} */
    public long length() {
        return (long) rows * columns;
    }
}
