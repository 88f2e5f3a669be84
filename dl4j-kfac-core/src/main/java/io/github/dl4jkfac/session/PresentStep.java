package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.BatchCapture;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.diagnostics.SkipReason;
import io.github.dl4jkfac.step.NetworkStep;
import org.deeplearning4j.nn.api.Model;

/**
 * The step that is under way on a network, and the owner of all that must not outlive it: taps in the configuration, rows, the step that
 * DL4J's updaters take part in, and the copy of parameters and state in front of a batch that may have to be left out.
 *
 * <p>DL4J tells nobody when an exception ends a step half-way. So whatever comes next ends it: the next forward pass, the next epoch, the
 * next attach. What an abandoned step would have put back is forgotten then: a left-out batch has no gradient and has moved nothing before
 * DL4J's own step, and afterwards nobody can tell its traces from what the user has done since.
 */
final class PresentStep {

    private final Model model;
    private final NetworkView network;
    private final BatchCapture capture;
    private final NetworkStep step;
    private final RowsWorkspace memory = new RowsWorkspace();

    private enum Stage {
        /** There is none. */
        ENDED,
        /** DL4J has gone forward, and is going backward. */
        FORWARD_DONE,
        /** DL4J has gone backward, and is updating the parameters. */
        BACKWARD_DONE
    }

    private Stage stage = Stage.ENDED;
    private Snapshot before;
    private SkipReason suspicion;
    private boolean leftOut;

    PresentStep(Model model, NetworkView network, BatchCapture capture, NetworkStep step) {
        this.model = model;
        this.network = network;
        this.capture = capture;
        this.step = step;
    }

    /** A forward pass of a fit is done; whatever was under way is over. */
    void begin() {
        end();
        stage = Stage.FORWARD_DONE;
    }

    /** The backward pass is done: false unless it belongs to this step, and for a second listener of the same network. */
    boolean passBackward() {
        if (stage != Stage.FORWARD_DONE) {
            return false;
        }
        stage = Stage.BACKWARD_DONE;
        return true;
    }

    /** The parameters have been updated: false if there was no step, and for a second listener of the same network. */
    boolean passUpdate() {
        return stage == Stage.BACKWARD_DONE;
    }

    /** Ends a step whose backward pass has never come to its end; a step that waits for its update goes on. */
    void endIfBroken() {
        if (stage == Stage.FORWARD_DONE) {
            end();
        }
    }

    /** Ends the step, whatever has become of it; nothing happens if there is none. */
    void end() {
        stage = Stage.ENDED;
        before = null;
        suspicion = null;
        leftOut = false;
        capture.disarm();
        memory.end();
        step.close();
        network.announceParts(0);
    }

    /** Where the rows are to be put. */
    RowsWorkspace memory() {
        return memory;
    }

    /** From here on the batch can be taken back: products of its numbers may overflow. */
    void watch() {
        if (before == null) {
            watch(Diagnosis.of(model));
        }
    }

    /** @param cause what is to blame if the batch comes to nothing */
    void watch(SkipReason cause) {
        if (before == null) {
            before = Snapshot.of(model, network);
            suspicion = cause;
        }
    }

    /** What is to blame if a watched batch comes to nothing; null if the batch is not watched. */
    SkipReason suspicion() {
        return suspicion;
    }

    /**
     * Leaves the batch out: takes back what it has done to the updater state. Its gradient becomes zero, so that it cannot poison any
     * updater of the network; since some of them move even then (by their momentum, or weight decay), the rest is taken back after the step.
     */
    void leaveOut() {
        leftOut = true;
        if (before == null) {
            before = Snapshot.of(model, network);
        } else {
            before.restoreState(network);
        }
        network.gradient().assign(0);
    }

    boolean isLeftOut() {
        return leftOut;
    }

    /** Puts everything back as it was before the batch, if it can be taken back. */
    void restore() {
        if (before != null) {
            before.restore(model, network);
        }
    }
}
