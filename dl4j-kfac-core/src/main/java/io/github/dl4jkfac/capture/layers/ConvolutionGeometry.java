package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.rows.PatchAxis;
import io.github.dl4jkfac.curvature.rows.PatchInputs;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What DL4J's convolutions see, along any number of spatial axes.
 *
 * @param mode how padding and number of positions are chosen
 * @param kernel number of kernel elements along each axis
 * @param stride along each axis
 * @param dilation along each axis
 * @param padding along each axis; used in the modes Truncate and Strict
 * @param transposed whether it is a transposed convolution
 */
public record ConvolutionGeometry(
        ConvolutionMode mode, int[] kernel, int[] stride, int[] dilation, int[] padding, boolean transposed) {

    /**
     * Reads a convolution's configuration.
     *
     * @param conf of a convolution, transposed or not, along any number of axes
     * @return its geometry
     */
    public static ConvolutionGeometry of(ConvolutionLayer conf) {
        boolean transposed = conf instanceof Deconvolution2D || conf instanceof Deconvolution3D;
        return new ConvolutionGeometry(
                conf.getConvolutionMode(),
                conf.getKernelSize(),
                conf.getStride(),
                conf.getDilation(),
                conf.getPadding(),
                transposed);
    }

    /**
     * Tells what all positions of some inputs see.
     *
     * @param inputs [N, C, spatial...]; not copied
     * @param homogeneous whether the layer has a bias
     * @return the patches, one row for each position
     */
    public PatchInputs patches(INDArray inputs, boolean homogeneous) {
        return new PatchInputs(inputs, axes(inputs), PatchInputs.Order.CHANNEL_MAJOR, homogeneous);
    }

    /**
     * Makes the axes for inputs of a certain size.
     *
     * @param inputs [N, C, spatial...]; only their shape matters
     * @return one axis for each spatial dimension
     */
    public List<PatchAxis> axes(INDArray inputs) {
        List<PatchAxis> axes = new ArrayList<>();
        for (int i = 0; i < inputs.rank() - 2; i++) {
            int size = (int) inputs.size(2 + i);
            axes.add(transposed ? transposedAxis(i, size) : axis(i, size));
        }
        return axes;
    }

    private PatchAxis axis(int i, int size) {
        int reach = (kernel[i] - 1) * dilation[i];
        int onePerStride = (size - 1) / stride[i] + 1;
        return switch (mode) {
            case Same -> {
                int total = Math.max(0, (onePerStride - 1) * stride[i] + reach + 1 - size);
                yield PatchAxis.convolution(kernel[i], stride[i], dilation[i], total / 2, onePerStride);
            }
            case Causal -> PatchAxis.convolution(kernel[i], stride[i], dilation[i], reach, onePerStride);
            case Strict, Truncate -> {
                int positions = (size + 2 * padding[i] - reach - 1) / stride[i] + 1;
                yield PatchAxis.convolution(kernel[i], stride[i], dilation[i], padding[i], positions);
            }
        };
    }

    private PatchAxis transposedAxis(int i, int size) {
        int reach = (kernel[i] - 1) * dilation[i];
        int whole = (size - 1) * stride[i] + reach + 1;
        if (mode == ConvolutionMode.Same) {
            int positions = size * stride[i];
            return PatchAxis.transposed(kernel[i], stride[i], dilation[i], (whole - positions) / 2, positions);
        }
        return PatchAxis.transposed(kernel[i], stride[i], dilation[i], padding[i], whole - 2 * padding[i]);
    }

    /** Number of weights for each input channel. */
    int window() {
        int window = 1;
        for (int elements : kernel) {
            window *= elements;
        }
        return window;
    }
}
