package io.github.dl4jkfac.examples.quality;

import io.github.dl4jkfac.examples.models.Models;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The Fisher matrix of neighbouring dense layers and its approximation block by block as Kronecker products (Martens and
 * Grosse 2015, sec. 3 and fig. 2), off-diagonal blocks included, undamped. Both are made from the same layer inputs
 * <i>a</i> (with the 1 for the bias) and derivatives <i>g</i>, and no label is drawn: the Fisher matrix of a softmax
 * output is the sum over its classes c of the squares of what sqrt(p_c) (e_c - p) becomes when it is sent back through
 * the network, e_c being the unit vectors.
 *
 * <p>Parameters are ordered by layer, then by input, then by output.
 */
final class FisherBlocks {

    /** Samples at a time; bounds the memory for their gradients. */
    private static final int CHUNK = 250;

    private final DenseStack chain;
    private final List<Integer> layers = new ArrayList<>();
    private final INDArray exact;
    private final INDArray[][] inputMoments;
    private final INDArray[][] derivativeMoments;

    private FisherBlocks(MultiLayerNetwork network, int first, int last, INDArray inputs) {
        this.chain = new DenseStack(network);
        for (int layer = first; layer <= last; layer++) {
            layers.add(layer);
        }
        int size = layers.stream().mapToInt(this::parameters).sum();
        this.exact = Nd4j.zeros(inputs.dataType(), size, size);
        this.inputMoments = new INDArray[layers.size()][layers.size()];
        this.derivativeMoments = new INDArray[layers.size()][layers.size()];
        int count = (int) inputs.size(0);
        for (int from = 0; from < count; from += CHUNK) {
            int to = Math.min(count, from + CHUNK);
            add(inputs.get(NDArrayIndex.interval(from, to), NDArrayIndex.all()).dup(), count);
        }
    }

    /**
     * @param network a MultiLayerNetwork of tanh layers with softmax outputs, all dense and with biases; not modified
     * @param first index of the first layer that counts
     * @param last index of the last one
     * @param inputs samples of the network's input [N, size]; not modified
     * @return the matrices, computed in float64
     */
    public static FisherBlocks of(Model network, int first, int last, INDArray inputs) {
        MultiLayerNetwork exact = (MultiLayerNetwork) Models.inDoublePrecision(network);
        return new FisherBlocks(exact, first, last, inputs.castTo(DataType.DOUBLE));
    }

    private void add(INDArray inputs, int count) {
        List<INDArray> activations = chain.activations(inputs);
        List<INDArray> homogeneous = layers.stream()
                .map(layer -> Nd4j.hstack(activations.get(layer), Nd4j.ones(inputs.dataType(), inputs.size(0), 1)))
                .toList();
        addProducts(inputMoments, homogeneous, count);
        for (int c = 0; c < chain.classes(); c++) {
            List<INDArray> all = chain.derivatives(activations, c);
            List<INDArray> derivatives = layers.stream().map(all::get).toList();
            addProducts(derivativeMoments, derivatives, count);
            INDArray gradients = gradients(homogeneous, derivatives);
            exact.addi(gradients.transpose().mmul(gradients).divi(count));
        }
    }

    /** Adds mean x_i^T x_j to the moment of each pair of layers. */
    private static void addProducts(INDArray[][] moments, List<INDArray> rows, int count) {
        for (int i = 0; i < rows.size(); i++) {
            for (int j = 0; j < rows.size(); j++) {
                INDArray product = rows.get(i).transpose().mmul(rows.get(j)).divi(count);
                moments[i][j] = moments[i][j] == null ? product : moments[i][j].addi(product);
            }
        }
    }

    /** @return what the derivatives make of each sample's gradient, [N, parameters] */
    private static INDArray gradients(List<INDArray> inputs, List<INDArray> derivatives) {
        INDArray[] parts = new INDArray[inputs.size()];
        for (int i = 0; i < parts.length; i++) {
            INDArray a = inputs.get(i);
            INDArray g = derivatives.get(i);
            parts[i] = a.reshape('c', a.size(0), a.size(1), 1)
                    .mul(g.reshape('c', g.size(0), 1, g.size(1)))
                    .reshape('c', a.size(0), a.size(1) * g.size(1));
        }
        return Nd4j.hstack(parts);
    }

    private int parameters(int layer) {
        return (chain.inputs(layer) + 1) * chain.outputs(layer);
    }

    /** @return number of parameters of each layer, biases included */
    public List<Integer> sizes() {
        return layers.stream().map(this::parameters).toList();
    }

    /** @return indices of the layers in the network */
    public List<Integer> layers() {
        return List.copyOf(layers);
    }

    /** @return the Fisher matrix, mean over the samples, a new array */
    public double[][] exact() {
        return exact.toDoubleMatrix();
    }

    /** @return the approximation A_ij x G_ij of every block, mean over the samples, a new array */
    public double[][] kronecker() {
        double[][] matrix = new double[(int) exact.size(0)][(int) exact.size(1)];
        int top = 0;
        for (int i = 0; i < layers.size(); i++) {
            int left = 0;
            for (int j = 0; j < layers.size(); j++) {
                fill(matrix, top, left, inputMoments[i][j].toDoubleMatrix(), derivativeMoments[i][j].toDoubleMatrix());
                left += parameters(layers.get(j));
            }
            top += parameters(layers.get(i));
        }
        return matrix;
    }

    private static void fill(double[][] matrix, int top, int left, double[][] a, double[][] g) {
        for (int i = 0; i < a.length * g.length; i++) {
            for (int j = 0; j < a[0].length * g[0].length; j++) {
                matrix[top + i][left + j] = a[i / g.length][j / g[0].length] * g[i % g.length][j % g[0].length];
            }
        }
    }
}
