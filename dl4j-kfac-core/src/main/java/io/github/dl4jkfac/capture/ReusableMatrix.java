package io.github.dl4jkfac.capture;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Memory for one array per step, kept from step to step and grown when a larger one comes; never inside a workspace. */
final class ReusableMatrix {

    private INDArray memory;

    /** Copies {@code source} [rows,columns], of any type, into a column-major matrix, valid until the next call. */
    INDArray copyOf(DataType type, INDArray source) {
        INDArray matrix = room(type, source.length()).reshape('f', source.size(0), source.size(1));
        return matrix.assign(source);
    }

    /** Copies {@code source} [columns, ...], of any type, into a column-major matrix [rows,columns], valid until the next call. */
    INDArray copyOfColumns(DataType type, INDArray source) {
        INDArray flat = room(type, source.length());
        flat.reshape('c', source.shape()).assign(source);
        return flat.reshape('f', source.length() / source.size(0), source.size(0));
    }

    /** A column-major array of zeros, valid until the next call. */
    INDArray zeros(DataType type, long... shape) {
        INDArray flat = room(type, Arrays.stream(shape).reduce(1, (a, b) -> a * b));
        return flat.assign(0).reshape('f', shape);
    }

    private INDArray room(DataType type, long length) {
        if (memory == null || memory.length() < length || memory.dataType() != type) {
            try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                memory = Nd4j.createUninitialized(type, length);
            }
        }
        return memory.get(NDArrayIndex.interval(0, length));
    }
}
