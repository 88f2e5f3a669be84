package io.github.dl4jkfac.cuda;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.diagnostics.Phase;
import io.github.dl4jkfac.diagnostics.StepReport;
import io.github.dl4jkfac.solve.Solvers;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Times whole steps with LAPACK's inverses and with the GPU's, in alternating rounds: {@code TrainingTimes [width...]}. */
public final class TrainingTimes {

    private static final int BATCH = 1000;
    private static final int ROUNDS = 3;

    /** A whole cycle of K-FAC's refreshes. */
    private static final int STEPS = KFac.DEFAULT_INVERSE_INTERVAL;

    private TrainingTimes() {}

    /**
     * Measures and prints.
     *
     * @param arguments widths of the hidden layers, in place of the autoencoder's and some wider ones
     */
    public static void main(String[] arguments) {
        String obstacle = new CudaProvider().obstacle();
        if (obstacle != null) {
            System.out.println("There is no GPU to measure, as " + obstacle);
            System.exit(3);
        }
        System.out.printf("%-36s %-7s %9s %9s %9s%n", "layers", "solver", "ms/step", "inverses", "precond.");
        if (arguments.length == 0) {
            measure(new int[] {784, 1000, 500, 250, 30, 250, 500, 1000, 784});
            measure(new int[] {784, 2048, 2048, 784});
            measure(new int[] {784, 4096, 4096, 784});
        }
        for (String width : arguments) {
            int n = Integer.parseInt(width);
            measure(new int[] {784, n, n, 784});
        }
    }

    private static void measure(int[] layers) {
        List<String> solvers = List.of("lapack", "cuda");
        MultiLayerNetwork[] networks = new MultiLayerNetwork[solvers.size()];
        KFacListener[] listeners = new KFacListener[solvers.size()];
        for (int i = 0; i < networks.length; i++) {
            System.setProperty(Solvers.PROPERTY, solvers.get(i));
            networks[i] = network(layers);
            listeners[i] = KFacListener.attach(networks[i]);
            steps(networks[i]); // warms up, and gets past the first steps, which refresh more often
        }
        double[][][] times = new double[solvers.size()][3][ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < networks.length; i++) {
                StepReport before = listeners[i].report(networks[i]);
                long start = System.nanoTime();
                steps(networks[i]);
                long end = System.nanoTime();
                StepReport after = listeners[i].report(networks[i]);
                times[i][0][round] = (end - start) / 1e6 / STEPS;
                times[i][1][round] = millis(before, after, Phase.INVERSES);
                times[i][2][round] = millis(before, after, Phase.PRECONDITIONING);
            }
        }
        for (int i = 0; i < networks.length; i++) {
            System.out.printf(
                    "%-36s %-7s %9.1f %9.1f %9.1f%n",
                    Arrays.toString(layers).replaceAll("[\\[\\] ]", "").replace(',', '-'),
                    solvers.get(i),
                    median(times[i][0]),
                    median(times[i][1]),
                    median(times[i][2]));
        }
    }

    private static double millis(StepReport before, StepReport after, Phase phase) {
        return (after.phaseNanos().get(phase) - before.phaseNanos().get(phase)) / 1e6 / STEPS;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void steps(MultiLayerNetwork network) {
        Nd4j.getRandom().setSeed(1);
        INDArray x = Nd4j.rand(DataType.FLOAT, BATCH, 784);
        DataSet batch = new DataSet(x, x);
        for (int i = 0; i < STEPS; i++) {
            network.fit(batch);
        }
    }

    private static MultiLayerNetwork network(int[] layers) {
        NeuralNetConfiguration.ListBuilder builder = new NeuralNetConfiguration.Builder()
                .seed(1)
                .updater(new KFac())
                .activation(Activation.TANH)
                .weightInit(WeightInit.XAVIER)
                .list();
        int last = layers.length - 1;
        for (int i = 1; i < last; i++) {
            builder.layer(
                    new DenseLayer.Builder().nIn(layers[i - 1]).nOut(layers[i]).build());
        }
        builder.layer(new OutputLayer.Builder(LossFunction.XENT)
                .nIn(layers[last - 1])
                .nOut(layers[last])
                .activation(Activation.SIGMOID)
                .build());
        MultiLayerNetwork network = new MultiLayerNetwork(builder.build());
        network.init();
        return network;
    }
}
