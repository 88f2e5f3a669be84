package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.curvature.rows.Magnitude;
import io.github.dl4jkfac.diagnostics.SkipReason;
import io.github.dl4jkfac.step.NetworkStep;
import org.deeplearning4j.nn.api.Model;

/** Keeps a batch out that would leave something behind that is not finite, and says so. */
final class BatchGuard implements Admission {

    private final Model model;
    private final NetworkView network;
    private final PresentStep present;
    private final StepJournal journal;

    BatchGuard(Model model, NetworkView network, PresentStep present, StepJournal journal) {
        this.model = model;
        this.network = network;
        this.present = present;
        this.journal = journal;
    }

    boolean isLeftOut() {
        return present.isLeftOut();
    }

    /** A batch that is not admitted has been left out; one whose products might overflow is watched from here on. */
    @Override
    public boolean admits(Magnitude magnitude, String what) {
        if (!magnitude.isFinite()) {
            leaveOut("; " + what + " not finite");
            return false;
        }
        if (!magnitude.fits(network.gradient().dataType())) {
            present.watch();
        }
        return true;
    }

    /** As {@link #admits(Magnitude, String)}, where copies of the network have looked at the parts of the batch. */
    boolean admits(BatchPart whole) {
        if (whole.obstacle() != null) {
            leaveOut(whole.obstacle(), whole.place());
            return false;
        }
        if (whole.suspicion() != null) {
            present.watch(whole.suspicion());
        }
        return true;
    }

    /** Leaves a watched batch out if it has spoilt the updater state; false if so. */
    boolean admitsStatistics() {
        if (present.suspicion() == null || Snapshot.isStateFinite(network)) {
            return true;
        }
        leaveOut("; products of them overflow in the statistics");
        return false;
    }

    /** Leaves out a batch of whose rows no step can be made. */
    void leaveOutUnstepped(SkipReason reason) {
        if (present.suspicion() != null) {
            leaveOut("; " + reason.cause());
        } else {
            leaveOut(reason, "");
        }
    }

    private void leaveOut(String place) {
        leaveOut(present.suspicion() == null ? Diagnosis.of(model) : present.suspicion(), place);
    }

    private void leaveOut(SkipReason reason, String place) {
        present.leaveOut();
        skip(reason, place);
    }

    private void skip(SkipReason reason, String place) {
        journal.skip(reason, place, network.iteration());
    }

    /** After the parameters have been updated: puts back what a batch has moved that was left out, or that has come to nothing. */
    void settle(NetworkStep step) {
        if (present.isLeftOut()) {
            present.restore();
        } else if (present.suspicion() != null && !(step.outcome().isSound() && Snapshot.isFinite(model, network))) {
            present.restore();
            skip(present.suspicion(), "; the step is not finite");
        } else {
            record(step);
        }
    }

    private void record(NetworkStep step) {
        switch (step.outcome()) {
            case TAKEN -> journal.step(step.klScale(), step.klBound());
            case NOT_FINITE -> skip(SkipReason.STEP_NOT_FINITE, "");
            case UPHILL -> skip(SkipReason.UPHILL, "");
            case REFUSED -> skip(SkipReason.LINE_SEARCH, "");
            case UPDATE_NOT_FINITE -> skip(SkipReason.UPDATE_NOT_FINITE, "");
            case NONE -> {
                // no worker has been called: all layers are frozen, say
            }
        }
    }
}
