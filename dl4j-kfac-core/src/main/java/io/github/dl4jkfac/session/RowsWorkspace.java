package io.github.dl4jkfac.session;

import org.nd4j.linalg.api.memory.MemoryManager;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.memory.enums.LearningPolicy;
import org.nd4j.linalg.api.memory.enums.SpillPolicy;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The memory of one batch's rows. It is filled after the backward pass, and may have to last until the step, beyond code of DL4J's
 * that allocates in workspaces of its own: so it stays open until its {@link #end}, but current only as long as a {@link Scope} of
 * it is.
 */
final class RowsWorkspace {

    private static final WorkspaceConfiguration CONFIGURATION = WorkspaceConfiguration.builder()
            .policyLearning(LearningPolicy.FIRST_LOOP)
            .policySpill(SpillPolicy.REALLOCATE)
            .build();

    private MemoryWorkspace workspace;

    /** The time in which new arrays are put here; ends with the workspace current that was so before. */
    interface Scope extends AutoCloseable {
        @Override
        void close();
    }

    /** Forgets all rows and begins to fill. */
    Scope begin() {
        end();
        MemoryManager manager = Nd4j.getMemoryManager();
        MemoryWorkspace before = manager.getCurrentWorkspace();
        workspace = Nd4j.getWorkspaceManager().getAndActivateWorkspace(CONFIGURATION, "KFAC_STATISTICS");
        return () -> manager.setCurrentWorkspace(before);
    }

    /** Frees the memory; nothing happens if it is free. */
    void end() {
        if (workspace != null) {
            MemoryManager manager = Nd4j.getMemoryManager();
            MemoryWorkspace before = manager.getCurrentWorkspace();
            workspace.close();
            workspace = null;
            manager.setCurrentWorkspace(before);
        }
    }
}
