package io.github.dl4jkfac.examples.training;

/**
 * One evaluation during training.
 *
 * @param step parameter updates so far
 * @param examples training examples seen so far
 * @param seconds wall-clock of training alone
 * @param cpuSeconds processor time of training alone, all threads
 * @param scores how good the network is then
 */
public record Row(long step, long examples, double seconds, double cpuSeconds, Scores scores) {

    /** @return everything, exactly, on one line */
    public String toText() {
        return step + " " + examples + " " + seconds + " " + cpuSeconds + " " + scores.trainLoss() + " "
                + scores.trainError() + " " + scores.testLoss() + " " + scores.testError();
    }

    /**
     * @param text what {@link #toText()} gave
     * @return the row
     */
    public static Row fromText(String text) {
        String[] parts = text.split(" ");
        double[] values = new double[parts.length];
        for (int i = 2; i < parts.length; i++) {
            values[i] = Double.parseDouble(parts[i]);
        }
        Scores scores = new Scores(values[4], values[5], values[6], values[7]);
        return new Row(Long.parseLong(parts[0]), Long.parseLong(parts[1]), values[2], values[3], scores);
    }
}
