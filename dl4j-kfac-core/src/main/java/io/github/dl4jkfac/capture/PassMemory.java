package io.github.dl4jkfac.capture;

import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.memory.enums.AllocationPolicy;
import org.nd4j.linalg.api.memory.enums.LearningPolicy;
import org.nd4j.linalg.api.memory.enums.ResetPolicy;
import org.nd4j.linalg.api.memory.enums.SpillPolicy;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Where the arrays of the second pass live: derivatives that pass from layer to layer in the workspace that is active when the pass
 * begins, everything else in workspaces that are emptied after each layer. Without an active workspace all of it is detached, and
 * left to the garbage collector.
 */
final class PassMemory {

    private static final String PASS = "KFAC_PASS_MEMORY";
    private static final String WORKING = "KFAC_PASS_WORKING_MEMORY";
    private static final String LOOP = "KFAC_PASS_LOOP_MEMORY";

    private static final WorkspaceConfiguration CONFIGURATION = WorkspaceConfiguration.builder()
            .initialSize(0)
            .overallocationLimit(0.02)
            .policyAllocation(AllocationPolicy.OVERALLOCATE)
            .policyLearning(LearningPolicy.FIRST_LOOP)
            .policyReset(ResetPolicy.BLOCK_LEFT)
            .policySpill(SpillPolicy.REALLOCATE)
            .build();

    private final boolean inWorkspaces;
    private final LayerWorkspaceMgr manager;

    private PassMemory(boolean inWorkspaces, LayerWorkspaceMgr manager) {
        this.inWorkspaces = inWorkspaces;
        this.manager = manager;
    }

    static PassMemory inCurrentWorkspace() {
        MemoryWorkspace current = Nd4j.getMemoryManager().getCurrentWorkspace();
        if (current == null) {
            return new PassMemory(false, LayerWorkspaceMgr.noWorkspaces());
        }
        LayerWorkspaceMgr manager = LayerWorkspaceMgr.builder()
                .defaultWorkspace(WORKING, CONFIGURATION)
                .with(ArrayType.ACTIVATION_GRAD, current.getId(), current.getWorkspaceConfiguration())
                .with(ArrayType.RNN_FF_LOOP_WORKING_MEM, LOOP, CONFIGURATION)
                .with(ArrayType.RNN_BP_LOOP_WORKING_MEM, LOOP, CONFIGURATION)
                .build();
        return new PassMemory(true, manager);
    }

    /** What DL4J's layers and vertices ask for memory. */
    LayerWorkspaceMgr manager() {
        return manager;
    }

    /** Opens memory for one of several passes: closing empties it. Without an active workspace there is none. */
    static Scope openPass() {
        MemoryWorkspace current = Nd4j.getMemoryManager().getCurrentWorkspace();
        return scope(current == null ? null : PASS);
    }

    private static Scope scope(String name) {
        MemoryWorkspace workspace =
                name == null ? null : Nd4j.getWorkspaceManager().getAndActivateWorkspace(CONFIGURATION, name);
        return () -> {
            if (workspace != null) {
                workspace.close();
            }
        };
    }

    /** Opens the working memory of one layer or vertex; closing empties it. */
    Scope open() {
        return scope(inWorkspaces ? WORKING : null);
    }

    /** The time in which one layer or vertex works, or one pass runs. */
    interface Scope extends AutoCloseable {

        @Override
        void close();
    }
}
