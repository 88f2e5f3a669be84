package io.github.dl4jkfac.capture;

import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Memory for one matrix per step, kept from step to step and grown when a larger one comes; never inside a workspace. */
final class ReusableMatrix {

    private INDArray memory;

    /** Copies {@code source} [rows,columns] into a column-major matrix, valid until the next call. */
    INDArray copyOf(INDArray source) {
        long length = source.length();
        if (memory == null || memory.length() < length || memory.dataType() != source.dataType()) {
            try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                memory = Nd4j.createUninitialized(source.dataType(), length);
            }
        }
        INDArray matrix = memory.get(NDArrayIndex.interval(0, length)).reshape('f', source.size(0), source.size(1));
        return matrix.assign(source);
    }
}
