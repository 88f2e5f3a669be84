package io.github.dl4jkfac.examples.optimizers;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;

/** Turns the gradient of one matrix of weights into Muon's update. */
final class MuonWorker implements GradientUpdater<Muon> {

    private static final String STATE = "M";
    private static final int ITERATIONS = 5;

    /** Jordan's polynomial: it brings singular values near one in few steps, and leaves them between 0.7 and 1.2. */
    private static final double A = 3.4445;

    private static final double B = -4.7750;
    private static final double C = 2.0315;

    private final Muon config;
    private INDArray state;

    MuonWorker(Muon config, INDArray state) {
        this.config = config;
        this.state = state;
    }

    @Override
    public void applyUpdater(INDArray gradient, int iteration, int epoch) {
        double momentum = config.momentum();
        INDArray v = gradient.reshape(state.shape());
        state.muli(momentum).addi(v);
        INDArray ahead = config.matrix(state.mul(momentum).addi(v));
        INDArray update = orthogonal(ahead).muli(config.widening() * config.getLearningRate(iteration, epoch));
        config.matrix(gradient).assign(update);
    }

    /**
     * The nearest matrix whose singular values are all about one, by Newton and Schulz's iteration.
     *
     * @param matrix not modified
     * @return a new array
     */
    static INDArray orthogonal(INDArray matrix) {
        boolean tall = matrix.rows() > matrix.columns();
        INDArray x = tall ? matrix.transpose().dup() : matrix.dup();
        x.divi(x.norm2Number().doubleValue() + 1e-7);
        for (int i = 0; i < ITERATIONS; i++) {
            INDArray square = x.mmul(x.transpose());
            INDArray polynomial = square.mmul(square).muli(C).addi(square.muli(B));
            x = polynomial.mmul(x).addi(x.muli(A));
        }
        return tall ? x.transpose() : x;
    }

    @Override
    public Muon getConfig() {
        return config;
    }

    @Override
    public Map<String, INDArray> getState() {
        return Map.of(STATE, state);
    }

    @Override
    public void setState(Map<String, INDArray> stateMap, boolean initialize) {
        if (initialize) {
            state.assign(0);
        } else {
            state.assign(stateMap.get(STATE));
        }
    }

    @Override
    public void setStateViewArray(INDArray viewArray, long[] gradientShape, char gradientOrder, boolean initialize) {
        state = viewArray;
        if (initialize) {
            state.assign(0);
        }
    }
}
