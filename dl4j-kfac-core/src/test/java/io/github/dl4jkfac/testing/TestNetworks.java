package io.github.dl4jkfac.testing;

import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/** Small networks, data and matrix arithmetic for the tests; in float64 unless a type is given. */
public final class TestNetworks {

    private TestNetworks() {}

    public static NeuralNetConfiguration.Builder settings(IUpdater updater) {
        return new NeuralNetConfiguration.Builder()
                .seed(7)
                .dataType(DataType.DOUBLE)
                .weightInit(WeightInit.XAVIER)
                .updater(updater);
    }

    /** A network with the layers 0, 1, ..., initialised; biases are not zero. */
    public static MultiLayerNetwork sequence(NeuralNetConfiguration.Builder settings, Layer... layers) {
        MultiLayerNetwork network = new MultiLayerNetwork(settings.list(layers).build());
        network.init();
        disturb(network);
        return network;
    }

    /** Moves all parameters a little, so that none is zero. */
    public static void disturb(Model model) {
        INDArray params = model.params();
        params.addi(normal(17, params.shape()).muli(0.2).castTo(params.dataType()));
    }

    public static DenseLayer.Builder dense(int inputs, int outputs, Activation activation) {
        return new DenseLayer.Builder().nIn(inputs).nOut(outputs).activation(activation);
    }

    public static OutputLayer.Builder output(int inputs, int outputs, Activation activation, ILossFunction loss) {
        return new OutputLayer.Builder(loss).nIn(inputs).nOut(outputs).activation(activation);
    }

    /** Standard normal entries, the same for the same seed. */
    public static INDArray normal(long seed, long... shape) {
        return Nd4j.randn(0, 1, shape, Nd4j.getRandomFactory().getNewRandomInstance(seed))
                .castTo(DataType.DOUBLE);
    }

    /** One-hot rows, row n in class n modulo {@code classes}. */
    public static INDArray oneHot(int rows, int classes) {
        INDArray labels = Nd4j.zeros(DataType.DOUBLE, rows, classes);
        for (int n = 0; n < rows; n++) {
            labels.putScalar(n, n % classes, 1);
        }
        return labels;
    }

    public static MultiDataSet batch(INDArray features, INDArray labels) {
        return new MultiDataSet(features, labels);
    }

    public static MultiDataSet batch(INDArray features, INDArray labels, INDArray labelMask) {
        return new MultiDataSet(new INDArray[] {features}, new INDArray[] {labels}, null, new INDArray[] {labelMask});
    }

    /** One step of training on a copy of the batch. */
    public static void fit(Model model, MultiDataSet batch) {
        MultiDataSet copy = batch.copy();
        if (model instanceof MultiLayerNetwork network) {
            network.fit(new DataSet(
                    copy.getFeatures(0), copy.getLabels(0), copy.getFeaturesMaskArray(0), copy.getLabelsMaskArray(0)));
        } else {
            ((ComputationGraph) model).fit(copy);
        }
    }

    /** The layer that K-FAC knows by this name. */
    public static org.deeplearning4j.nn.api.Layer layer(Model model, String name) {
        return model instanceof MultiLayerNetwork network
                ? network.getLayer(Integer.parseInt(name))
                : ((ComputationGraph) model).getLayer(name);
    }

    /** [W; b] of a dense layer, or W alone; a copy. */
    public static INDArray weights(Model model, String name) {
        org.deeplearning4j.nn.api.Layer layer = layer(model, name);
        INDArray w = layer.getParam("W");
        INDArray b = layer.getParam("b");
        return b == null ? w.dup() : Nd4j.vstack(w, b.reshape('c', 1, b.length()));
    }

    /** Writes [W; b] of a dense layer. */
    public static void setWeights(Model model, String name, INDArray matrix) {
        INDArray w = layer(model, name).getParam("W");
        INDArray b = layer(model, name).getParam("b");
        w.assign(rows(matrix, 0, w.size(0)));
        if (b != null) {
            b.assign(matrix.getRow(w.size(0), true).reshape('c', b.shape()));
        }
    }

    /** Rows {@code from} to {@code to}, exclusive. */
    public static INDArray rows(INDArray matrix, long from, long to) {
        return matrix.get(NDArrayIndex.interval(from, to), NDArrayIndex.all());
    }

    /** [a, 1]. */
    public static INDArray homogeneous(INDArray a) {
        return Nd4j.hstack(a, Nd4j.ones(a.dataType(), a.size(0), 1));
    }

    /** The mean over the rows of x^T y. */
    public static INDArray meanProduct(INDArray x, INDArray y) {
        return x.transpose().mmul(y).div(x.size(0));
    }

    /** The row-major vector of a matrix, [1, entries]. */
    public static INDArray vec(INDArray matrix) {
        return matrix.dup('c').reshape('c', 1, matrix.length());
    }

    /** Lower triangle to full symmetric matrix; a copy. */
    public static INDArray symmetric(INDArray lower) {
        INDArray full = lower.dup();
        for (long i = 0; i < full.size(0); i++) {
            for (long j = i + 1; j < full.size(1); j++) {
                full.putScalar(i, j, full.getDouble(j, i));
            }
        }
        return full;
    }

    public static INDArray plusDiagonal(INDArray matrix, double shift) {
        return matrix.add(Nd4j.eye(matrix.size(0)).castTo(matrix.dataType()).mul(shift));
    }

    /** A x B over row-major vectors. */
    public static INDArray kron(INDArray a, INDArray b) {
        INDArray product = Nd4j.create(DataType.DOUBLE, a.size(0) * b.size(0), a.size(1) * b.size(1));
        for (long i = 0; i < product.size(0); i++) {
            for (long j = 0; j < product.size(1); j++) {
                double entry = a.getDouble(i / b.size(0), j / b.size(1)) * b.getDouble(i % b.size(0), j % b.size(1));
                product.putScalar(i, j, entry);
            }
        }
        return product;
    }

    /**
     * EKFAC's damped matrix written out: U diag(S_d) U^T, S_d[i,j] = S[i,j] + gamma / sqrt(s) (r[i] + c[j]) + gamma^2 with the mean s of S,
     * those of its rows r and of its columns c, and gamma^2 = lambda.
     *
     * @param basis Ua x Ug over row-major vectors
     * @param moments S, [dA,dG]
     */
    public static INDArray dampedMoments(INDArray basis, INDArray moments, double lambda) {
        int dA = (int) moments.size(0);
        int dG = (int) moments.size(1);
        double[] r = new double[dA];
        double[] c = new double[dG];
        double mean = 0;
        for (int i = 0; i < dA; i++) {
            for (int j = 0; j < dG; j++) {
                double entry = moments.getDouble(i, j);
                r[i] += entry / dG;
                c[j] += entry / dA;
                mean += entry / dA / dG;
            }
        }
        INDArray damped = Nd4j.create(DataType.DOUBLE, 1, (long) dA * dG);
        for (int i = 0; i < dA; i++) {
            for (int j = 0; j < dG; j++) {
                double share = mean == 0 ? 0 : Math.sqrt(lambda / mean) * (r[i] + c[j]);
                damped.putScalar(0, (long) i * dG + j, moments.getDouble(i, j) + share + lambda);
            }
        }
        return basis.mulRowVector(damped).mmul(basis.transpose());
    }

    public static double trace(INDArray matrix) {
        return Nd4j.diag(matrix).sumNumber().doubleValue();
    }

    public static double inner(INDArray x, INDArray y) {
        return x.mul(y).sumNumber().doubleValue();
    }

    /** Inverse by Gauss-Jordan elimination with row exchanges. */
    public static INDArray inverse(INDArray matrix) {
        int n = (int) matrix.size(0);
        double[][] a = matrix.castTo(DataType.DOUBLE).toDoubleMatrix();
        double[][] inverse = Nd4j.eye(n).toDoubleMatrix();
        for (int k = 0; k < n; k++) {
            int pivot = k;
            for (int i = k + 1; i < n; i++) {
                pivot = Math.abs(a[i][k]) > Math.abs(a[pivot][k]) ? i : pivot;
            }
            for (double[][] m : List.of(a, inverse)) {
                double[] row = m[k];
                m[k] = m[pivot];
                m[pivot] = row;
            }
            double scale = 1 / a[k][k];
            for (int j = 0; j < n; j++) {
                a[k][j] *= scale;
                inverse[k][j] *= scale;
            }
            for (int i = 0; i < n; i++) {
                double factor = i == k ? 0 : a[i][k];
                for (int j = 0; factor != 0 && j < n; j++) {
                    a[i][j] -= factor * a[k][j];
                    inverse[i][j] -= factor * inverse[k][j];
                }
            }
        }
        return Nd4j.createFromArray(inverse);
    }

    /** |actual - expected| / |expected|, Frobenius norms. */
    public static double error(INDArray actual, INDArray expected) {
        INDArray reference = expected.castTo(DataType.DOUBLE);
        return actual.castTo(DataType.DOUBLE).sub(reference).norm2Number().doubleValue()
                / Math.max(reference.norm2Number().doubleValue(), Double.MIN_NORMAL);
    }
}
