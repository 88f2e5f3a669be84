package io.github.dl4jkfac.curvature.chain;

import static io.github.dl4jkfac.curvature.BlockMath.kron;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.meanProduct;
import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;
import static io.github.dl4jkfac.testing.TestNetworks.trace;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Block-tridiagonal K-FAC as Martens and Grosse (2015, sec. 4.3) write it, with dense matrices.
 *
 * @param a the damped A_i
 * @param g the damped G_i
 * @param aNext A_(i,i+1), one less
 * @param gNext G_(i,i+1), one less
 */
public record TridiagonalMath(List<INDArray> a, List<INDArray> g, List<INDArray> aNext, List<INDArray> gNext) {

    static TridiagonalMath of(TestLayerChain chain, double damping) {
        TridiagonalMath math = empty();
        for (int i = 0; i < chain.shapes().size(); i++) {
            math.add(chain.moment("A", i), chain.moment("G", i), damping);
            if (i + 1 < chain.shapes().size()) {
                math.aNext.add(chain.states().get(i).get("A_next").transpose().dup());
                math.gNext.add(chain.states().get(i).get("G_next").transpose().dup());
            }
        }
        return math;
    }

    /**
     * @param abar homogeneous inputs of each layer
     * @param g derivatives of each layer
     * @param damping of each layer
     */
    public static TridiagonalMath ofRows(List<INDArray> abar, List<INDArray> g, List<Double> damping) {
        TridiagonalMath math = empty();
        for (int i = 0; i < abar.size(); i++) {
            math.add(meanProduct(abar.get(i), abar.get(i)), meanProduct(g.get(i), g.get(i)), damping.get(i));
            if (i + 1 < abar.size()) {
                math.aNext.add(meanProduct(abar.get(i), abar.get(i + 1)));
                math.gNext.add(meanProduct(g.get(i), g.get(i + 1)));
            }
        }
        return math;
    }

    private static TridiagonalMath empty() {
        return new TridiagonalMath(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    private void add(INDArray ofInputs, INDArray ofOutputs, double damping) {
        double pi = Math.sqrt((trace(ofInputs) / ofInputs.size(0)) / (trace(ofOutputs) / ofOutputs.size(0)));
        a.add(plusDiagonal(ofInputs, pi * Math.sqrt(damping)));
        g.add(plusDiagonal(ofOutputs, Math.sqrt(damping) / pi));
    }

    int layers() {
        return a.size();
    }

    /** Psi_i = (A_(i,i+1) A_(i+1)^-1) x (G_(i,i+1) G_(i+1)^-1). */
    INDArray psi(int i) {
        return kron(aNext.get(i).mmul(inverse(a.get(i + 1))), gNext.get(i).mmul(inverse(g.get(i + 1))));
    }

    /** S_i = F_ii - Psi_i F_(i+1,i+1) Psi_i^T. */
    INDArray remainder(int i) {
        INDArray own = kron(a.get(i), g.get(i));
        return i + 1 == layers()
                ? own
                : own.sub(psi(i).mmul(kron(a.get(i + 1), g.get(i + 1))).mmul(psi(i).transpose()));
    }

    /** Xi^T Lambda Xi. */
    public INDArray inverseCurvature() {
        long size = start(layers());
        INDArray xi = Nd4j.eye(size).castTo(DataType.DOUBLE);
        INDArray lambda = Nd4j.zeros(DataType.DOUBLE, size, size);
        for (int i = 0; i < layers(); i++) {
            block(lambda, i, i).assign(inverse(remainder(i)));
            if (i + 1 < layers()) {
                block(xi, i, i + 1).assign(psi(i).neg());
            }
        }
        return xi.transpose().mmul(lambda).mmul(xi);
    }

    /** Block (i,j) of a matrix over all parameters, a view. */
    INDArray block(INDArray matrix, int i, int j) {
        return matrix.get(NDArrayIndex.interval(start(i), start(i + 1)), NDArrayIndex.interval(start(j), start(j + 1)));
    }

    private long start(int layer) {
        long start = 0;
        for (int i = 0; i < layer; i++) {
            start += a.get(i).size(0) * g.get(i).size(0);
        }
        return start;
    }
}
