package io.github.dl4jkfac.lean;

import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Keeps a copy of one array from the forward pass to the backward pass, in memory that is used again and again. */
final class Memory {

    private INDArray array;
    private boolean isFilled;

    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    void keep(INDArray values) {
        if (array == null || !array.equalShapes(values) || array.ordering() != values.ordering()) {
            try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                if (array != null) {
                    array.close();
                }
                array = Nd4j.createUninitialized(values.dataType(), values.shape(), values.ordering());
            }
        }
        array.assign(values);
        isFilled = true;
    }

    /** What was kept, once; null if nothing was. The caller may overwrite it. */
    INDArray take() {
        INDArray kept = isFilled ? array : null;
        isFilled = false;
        return kept;
    }

    boolean isFilled() {
        return isFilled;
    }

    void forget() {
        isFilled = false;
    }
}
