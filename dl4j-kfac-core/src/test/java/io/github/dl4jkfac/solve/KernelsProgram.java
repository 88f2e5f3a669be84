package io.github.dl4jkfac.solve;

import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.NaturalGradientUpdater;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions;

/** What crashed or went wrong on some BLAS kernel, in one process: prints names and figures, a line each. */
final class KernelsProgram {

    /** One input more, for the bias, makes the order of the factor. */
    private static final int[] INPUTS = {148, 150, 200, 784};

    private static final int[] ORDERS = {133, 257, 301, 785, 1001, 1025};

    private KernelsProgram() {}

    public static void main(String[] args) {
        System.out.println("floor " + NativeFloor.describe());
        System.out.println("warning " + (NativeFloor.warning() != null));
        SymmetricSolver solver = Solvers.forBackend();
        System.out.println("solver " + solver);
        for (int nIn : INPUTS) {
            System.out.println("float" + nIn + " " + trained(DataType.FLOAT, new KFac(), nIn));
        }
        System.out.println("kfac " + trained(DataType.DOUBLE, new KFac(), 200));
        System.out.println("ekfac " + trained(DataType.DOUBLE, new EKFac(), 150));
        for (int n : ORDERS) {
            System.out.println("order" + n + " " + residual(solver, n));
        }
        System.exit(0);
    }

    private static double trained(DataType type, NaturalGradientUpdater updater, int nIn) {
        Nd4j.getRandom().setSeed(1);
        MultiLayerNetwork net = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(1)
                .dataType(type)
                .updater(updater)
                .list()
                .layer(new DenseLayer.Builder()
                        .nIn(nIn)
                        .nOut(50)
                        .activation(Activation.TANH)
                        .build())
                .layer(new OutputLayer.Builder(LossFunctions.LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .nIn(50)
                        .nOut(10)
                        .build())
                .build());
        net.init();
        KFacListener.attach(net);
        INDArray features = Nd4j.rand(DataType.DOUBLE, 64, nIn).castTo(type);
        INDArray labels = Nd4j.zeros(type, 64, 10);
        for (int i = 0; i < 64; i++) {
            labels.putScalar(i, i % 10, 1);
        }
        DataSet batch = new DataSet(features, labels);
        for (int i = 0; i < 2; i++) {
            net.fit(batch);
        }
        return net.score(batch);
    }

    /** How far the inverse of I + v v^T is from one, at most. */
    private static double residual(SymmetricSolver solver, int n) {
        INDArray v = Nd4j.linspace(DataType.FLOAT, -0.1, 0.2 / n, n).reshape(n, 1);
        INDArray m =
                v.mmul(v.transpose()).addi(Nd4j.eye(n).castTo(DataType.FLOAT)).dup('f');
        INDArray inverse = m.like();
        solver.invert(m, 0, inverse);
        return m.mmul(inverse)
                .subi(Nd4j.eye(n).castTo(DataType.FLOAT))
                .amaxNumber()
                .doubleValue();
    }
}
