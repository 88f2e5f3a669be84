package io.github.dl4jkfac.capture;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Gives layers inputs for one more pass. */
final class LayerInputs {

    private LayerInputs() {}

    /**
     * Sets a layer's inputs, which then count as not dropped yet. They stay in the workspace in which they are: DL4J would move them to
     * one that ends with the pass.
     */
    static void set(Layer layer, INDArray inputs) {
        LayerWorkspaceMgr manager = LayerWorkspaceMgr.noWorkspaces();
        if (inputs.isAttached()) {
            manager.setNoLeverageOverride(inputs.data().getParentWorkspace().getId());
        }
        layer.setInput(inputs, manager);
    }
}
