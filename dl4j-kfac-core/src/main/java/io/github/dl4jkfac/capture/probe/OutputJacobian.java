package io.github.dl4jkfac.capture.probe;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * J, the derivatives of a network's outputs before their activation with respect to its parameters, at one point. Products with it are
 * central differences of forward passes in float64: DL4J has no forward derivatives.
 */
public final class OutputJacobian {

    /** Relative step of the central differences in float64. */
    private static final double STEP = 1e-5;

    private final OutputProbe probe;
    private final Linearisation point;
    private final double step;

    /**
     * The derivatives at a point.
     *
     * @param probe of the network
     * @param point made by that probe
     */
    public OutputJacobian(OutputProbe probe, Linearisation point) {
        this.probe = probe;
        this.point = point;
        try (INDArray learned = probe.learned(point.parameters())) {
            double norm = norm(learned);
            this.step = STEP * (norm > 0 ? norm : 1);
        }
    }

    /**
     * J v = [z(theta + e v) - z(theta - e v)] / (2e) with e = 1e-5 |theta| / |v|. Two forward passes.
     *
     * @param vector flat, any shape of length P in any floating type; entries that are not learnt count as zero; not modified
     * @return for each output [rows,C], new arrays
     * @throws IllegalArgumentException if the length is not P
     */
    public List<INDArray> times(INDArray vector) {
        // closed at once: iterative solvers come here often, and the garbage collector seldom
        try (INDArray v = probe.learned(vector);
                INDArray moved = v.like()) {
            double norm = norm(v);
            double e = norm > 0 ? step / norm : step;
            v.muli(e);
            List<INDArray> above = point.outputs(point.parameters().add(v, moved));
            List<INDArray> below = point.outputs(point.parameters().sub(v, moved));
            List<INDArray> change = new ArrayList<>();
            for (int i = 0; i < above.size(); i++) {
                change.add(above.get(i).sub(below.get(i)).divi(2 * e));
            }
            return change;
        }
    }

    private static double norm(INDArray vector) {
        return vector.norm2Number().doubleValue();
    }
}
