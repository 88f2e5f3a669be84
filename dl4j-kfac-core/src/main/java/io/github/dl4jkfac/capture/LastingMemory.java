package io.github.dl4jkfac.capture;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The workspace that is active now, for arrays that are made while others, which end earlier, are active. */
final class LastingMemory {

    private final MemoryWorkspace workspace;

    private LastingMemory(MemoryWorkspace workspace) {
        this.workspace = workspace;
    }

    /** Without an active workspace the arrays will be detached. */
    static LastingMemory inCurrentWorkspace() {
        return new LastingMemory(Nd4j.getMemoryManager().getCurrentWorkspace());
    }

    /** A column-major matrix whose entries are not set. */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    INDArray matrix(DataType type, long rows, long columns) {
        try (MemoryWorkspace scope =
                workspace == null ? Nd4j.getMemoryManager().scopeOutOfWorkspaces() : workspace.notifyScopeBorrowed()) {
            return Nd4j.createUninitialized(type, new long[] {rows, columns}, 'f');
        }
    }
}
