package io.github.dl4jkfac.step;

/** FAdam of one tensor in Java's own arithmetic, written down line by line from the formulas. */
public final class FisherAdamReference {

    private final FisherAdamRule options;
    private final double[] momentum;
    private final double[] fisher;
    private int step;

    public FisherAdamReference(FisherAdamRule options, int length) {
        this.options = options;
        this.momentum = new double[length];
        this.fisher = new double[length];
    }

    /** m + lambda wn, what the parameters move by at a learning rate of 1. */
    public double[] direction(double[] g, double[] theta) {
        step++;
        double beta2 = options.beta2();
        double b = beta2 * (1 - Math.pow(beta2, step - 1)) / (1 - Math.pow(beta2, step));
        double e = Math.min(options.epsilon(), options.epsilon2() * rms(g));
        double[] natural = new double[g.length];
        double[] weights = new double[g.length];
        for (int i = 0; i < g.length; i++) {
            fisher[i] = b * fisher[i] + (1 - b) * g[i] * g[i];
            double denominator = Math.pow(fisher[i], options.exponent()) + e;
            natural[i] = denominator == 0 ? 0 : g[i] / denominator;
            weights[i] = denominator == 0 ? 0 : theta[i] / denominator;
        }
        double excess = Math.max(1, rms(natural) / options.clip());
        double excessOfWeights = Math.max(1, rms(weights) / options.clip());
        double[] direction = new double[g.length];
        for (int i = 0; i < g.length; i++) {
            momentum[i] = options.beta1() * momentum[i] + (1 - options.beta1()) * natural[i] / excess;
            direction[i] = momentum[i] + options.weightDecay() * weights[i] / excessOfWeights;
        }
        return direction;
    }

    private static double rms(double[] x) {
        double sum = 0;
        for (double each : x) {
            sum += each * each;
        }
        return Math.sqrt(sum / x.length);
    }
}
