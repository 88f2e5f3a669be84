package io.github.dl4jkfac.examples.training;

/** Is told how a training run goes on. Called outside the measured time. */
public interface Progress {

    /** Tells nobody. */
    Progress SILENT = new Progress() {
        @Override
        public void stepDone(long step, double seconds, double batchLoss) {}

        @Override
        public void evaluated(Row row) {}
    };

    /**
     * After each step.
     *
     * @param step parameter updates so far
     * @param seconds training seconds so far
     * @param batchLoss loss of the last batch, before its update
     */
    void stepDone(long step, double seconds, double batchLoss);

    /**
     * After each evaluation.
     *
     * @param row the new row
     */
    void evaluated(Row row);
}
