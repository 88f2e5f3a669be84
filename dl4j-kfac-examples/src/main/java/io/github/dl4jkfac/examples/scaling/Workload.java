package io.github.dl4jkfac.examples.scaling;

import java.util.ArrayList;
import java.util.List;

/**
 * What a network's steps consist of. A multiplication and an addition are two operations.
 *
 * @param name of the network
 * @param passFlops forward and backward pass through one sample
 * @param statisticsFlops the factors' products for one sample
 * @param layers the sides of each layer's matrix of parameters
 * @param inversion how the factors are inverted
 */
public record Workload(String name, double passFlops, double statisticsFlops, List<Layer> layers, Inversion inversion) {

    /** How factors are inverted. */
    public enum Inversion {
        /** An inverse takes d^3 multiplications and additions, and is applied once. */
        CHOLESKY(2, 1),
        /** An eigendecomposition takes 9 d^3, and its vectors are applied twice. */
        EIGENVECTORS(18, 2);

        private final double flops;
        private final double products;

        Inversion(double flops, double products) {
            this.flops = flops;
            this.products = products;
        }
    }

    /**
     * A matrix of parameters with Kronecker factors.
     *
     * @param inputs dA, rows, the bias among them
     * @param outputs dG, columns
     */
    public record Layer(double inputs, double outputs) {

        double parameters() {
            return inputs * outputs;
        }

        /** Of both factors, of which a triangle travels. */
        double factorEntries() {
            return inputs * (inputs + 1) / 2 + outputs * (outputs + 1) / 2;
        }

        /** G^-1 V A^-1. */
        double preconditioningFlops() {
            return 2 * inputs * outputs * (inputs + outputs);
        }
    }

    private double inversionFlops(double side) {
        return inversion.flops * side * side * side;
    }

    private double preconditioningFlops(Layer layer) {
        return inversion.products * layer.preconditioningFlops();
    }

    /**
     * The same work with other inversions.
     *
     * @param other how
     * @return a new workload
     */
    public Workload with(Inversion other) {
        return new Workload(name, passFlops, statisticsFlops, layers, other);
    }

    /**
     * The same work where passes are slower than matrix products: as if they had more operations.
     *
     * @param factor how many times slower an operation of a pass is
     * @return a new workload
     */
    public Workload withPassesSlower(double factor) {
        return new Workload(name, passFlops * factor, statisticsFlops * factor, layers, inversion);
    }

    /**
     * What a worker does in a step.
     *
     * @param samples of its batch
     * @param statisticsInterval steps from one batch that enters the statistics to the next
     * @return operations, on average
     */
    public double workersFlops(int samples, double statisticsInterval) {
        return samples * (passFlops + statisticsFlops / statisticsInterval);
    }

    double parameters() {
        return layers.stream().mapToDouble(Layer::parameters).sum();
    }

    double factorEntries() {
        return layers.stream().mapToDouble(Layer::factorEntries).sum();
    }

    /** {@return operations of preconditioning all layers} */
    public double preconditioningFlops() {
        return layers.stream().mapToDouble(this::preconditioningFlops).sum();
    }

    /** Of each factor. */
    List<Double> inversionFlops() {
        List<Double> all = new ArrayList<>();
        for (Layer layer : layers) {
            all.add(inversionFlops(layer.inputs()));
            all.add(inversionFlops(layer.outputs()));
        }
        return all;
    }

    /** The work of each layer's owner: preconditioning, and a share of the inversions. */
    List<Double> ownersFlops(double inversionInterval) {
        return layers.stream()
                .map(layer -> preconditioningFlops(layer)
                        + (inversionFlops(layer.inputs()) + inversionFlops(layer.outputs())) / inversionInterval)
                .toList();
    }

    /**
     * A network of dense layers, with biases.
     *
     * @param name of the network
     * @param widths of the input and of each layer
     * @return its work
     */
    public static Workload dense(String name, List<Integer> widths) {
        List<Layer> layers = new ArrayList<>();
        double pass = 0;
        double statistics = 0;
        for (int i = 1; i < widths.size(); i++) {
            Layer layer = new Layer(widths.get(i - 1) + 1.0, widths.get(i));
            layers.add(layer);
            pass += 6 * layer.parameters();
            // the triangles of a a^T and g g^T, and a second backward pass
            statistics += layer.inputs() * layer.inputs() + layer.outputs() * layer.outputs() + 2 * layer.parameters();
        }
        return new Workload(name, pass, statistics, layers, Inversion.CHOLESKY);
    }

    /** {@return ResNet-50 at 224 x 224 pixels (He et al. 2016): 4.1 billion multiplications and additions forward, 25.1 in the factors' products} */
    public static Workload resNet50() {
        List<Layer> layers = new ArrayList<>();
        layers.add(new Layer(7 * 7 * 3, 64));
        int[] blocks = {3, 4, 6, 3};
        double in = 64;
        for (int stage = 0; stage < blocks.length; stage++) {
            double width = 64 << stage;
            for (int block = 0; block < blocks[stage]; block++) {
                layers.add(new Layer(in, width));
                layers.add(new Layer(9 * width, width));
                layers.add(new Layer(width, 4 * width));
                if (block == 0) {
                    layers.add(new Layer(in, 4 * width));
                }
                in = 4 * width;
            }
        }
        layers.add(new Layer(2049, 1000));
        return new Workload("ResNet-50", 3 * 2 * 4.1e9, 2 * 25.1e9, layers, Inversion.CHOLESKY);
    }
}
