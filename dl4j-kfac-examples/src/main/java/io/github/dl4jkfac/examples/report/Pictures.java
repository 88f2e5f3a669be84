package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import java.io.IOException;
import java.nio.file.Path;
import org.deeplearning4j.nn.api.Model;

/** What a comparison draws of its trained networks, beside the curves. */
public interface Pictures {

    /** Nothing. */
    Pictures NONE = new Pictures() {
        @Override
        public void trained(Optimizer optimizer, Model network) {}

        @Override
        public void write(Path folder) {}
    };

    /**
     * @param optimizer which optimizer
     * @param network what it has trained; not kept
     */
    void trained(Optimizer optimizer, Model network);

    /**
     * @param folder existing folder
     * @throws IOException if a file cannot be written
     */
    void write(Path folder) throws IOException;
}
