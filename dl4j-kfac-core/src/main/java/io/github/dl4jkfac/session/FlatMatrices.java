package io.github.dl4jkfac.session;

import io.github.dl4jkfac.step.ParameterMatrix;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Places of parameter matrices in one vector: those of all groups one after the other, each column by column. */
final class FlatMatrices {

    private final Map<CurvatureGroup, Long> starts = new IdentityHashMap<>();
    private final DataType type;
    private long length;

    /** @param groups at least one */
    FlatMatrices(List<CurvatureGroup> groups) {
        type = groups.get(0).matrices().get(0).update().dataType();
        for (CurvatureGroup group : groups) {
            starts.put(group, length);
            for (ParameterMatrix matrix : group.matrices()) {
                length += matrix.update().length();
            }
        }
    }

    DataType type() {
        return type;
    }

    long length() {
        return length;
    }

    /** A group's matrices, views. */
    List<INDArray> of(CurvatureGroup group, INDArray flat) {
        List<INDArray> matrices = new ArrayList<>();
        long at = starts.get(group);
        for (ParameterMatrix matrix : group.matrices()) {
            INDArray like = matrix.update();
            matrices.add(flat.get(NDArrayIndex.interval(at, at + like.length())).reshape('f', like.shape()));
            at += like.length();
        }
        return matrices;
    }
}
