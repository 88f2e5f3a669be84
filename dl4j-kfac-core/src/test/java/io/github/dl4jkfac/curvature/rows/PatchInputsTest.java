package io.github.dl4jkfac.curvature.rows;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static io.github.dl4jkfac.testing.TestNetworks.symmetric;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.curvature.kronecker.KroneckerFactors;
import io.github.dl4jkfac.curvature.rows.PatchInputs.Order;
import io.github.dl4jkfac.solve.PortableSolver;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.solve.SymmetricSolver;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Patches against their definition, entry by entry, and factors made of chunks. */
class PatchInputsTest {

    private static PatchAxis plain(int kernel, int stride, int dilation, int before, int positions) {
        return PatchAxis.convolution(kernel, stride, dilation, before, positions);
    }

    private static PatchAxis transposed(int kernel, int stride, int dilation, int before, int positions) {
        return PatchAxis.transposed(kernel, stride, dilation, before, positions);
    }

    static Stream<Arguments> geometries() {
        return Stream.of(
                Arguments.of("1x1", List.of(plain(1, 1, 1, 0, 5), plain(1, 1, 1, 0, 6)), new long[] {5, 6}),
                Arguments.of("3x3", List.of(plain(3, 1, 1, 0, 3), plain(3, 1, 1, 0, 4)), new long[] {5, 6}),
                Arguments.of("2x5", List.of(plain(2, 1, 1, 0, 4), plain(5, 1, 1, 0, 2)), new long[] {5, 6}),
                Arguments.of("padding", List.of(plain(3, 1, 1, 1, 5), plain(3, 1, 1, 2, 8)), new long[] {5, 6}),
                Arguments.of("stride", List.of(plain(3, 2, 1, 0, 2), plain(2, 3, 1, 0, 2)), new long[] {6, 7}),
                Arguments.of("1x1, stride", List.of(plain(1, 2, 1, 0, 3), plain(1, 3, 1, 0, 2)), new long[] {6, 6}),
                Arguments.of("asymmetric", List.of(plain(2, 1, 1, 0, 5), plain(4, 2, 1, 1, 3)), new long[] {5, 6}),
                Arguments.of("dilation", List.of(plain(3, 1, 2, 1, 4), plain(2, 2, 3, 0, 2)), new long[] {6, 7}),
                Arguments.of("one input", List.of(plain(3, 1, 1, 1, 1), plain(3, 1, 1, 1, 1)), new long[] {1, 1}),
                Arguments.of("padding alone", List.of(plain(1, 4, 1, 2, 1), plain(1, 1, 1, 0, 2)), new long[] {2, 2}),
                Arguments.of("1-D, causal", List.of(plain(3, 1, 1, 2, 7)), new long[] {7}),
                Arguments.of("1-D, causal, dilation", List.of(plain(3, 2, 2, 4, 4)), new long[] {7}),
                Arguments.of(
                        "3-D",
                        List.of(plain(2, 1, 1, 0, 3), plain(3, 2, 1, 1, 2), plain(2, 1, 2, 1, 4)),
                        new long[] {4, 3, 4}),
                Arguments.of(
                        "transposed", List.of(transposed(3, 2, 1, 0, 7), transposed(2, 3, 1, 0, 8)), new long[] {3, 3}),
                Arguments.of(
                        "transposed, cut off",
                        List.of(transposed(3, 2, 1, 1, 6), transposed(4, 1, 1, 2, 3)),
                        new long[] {3, 3}),
                Arguments.of(
                        "transposed, all of a border input cut off",
                        List.of(transposed(2, 1, 1, 2, 1), transposed(1, 2, 1, 1, 3)),
                        new long[] {4, 3}),
                Arguments.of(
                        "transposed, dilation",
                        List.of(transposed(3, 2, 2, 1, 8), transposed(2, 1, 3, 0, 6)),
                        new long[] {3, 3}));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("geometries")
    void everyEntryIsWhatThePositionSees(String name, List<PatchAxis> axes, long[] spatial) {
        INDArray input = normal(1, shape(5, 3, spatial));
        for (Order order : Order.values()) {
            INDArray expected = bruteForce(input, axes, order);
            // Chunks of one sample, of some, of all.
            for (long chunkBytes : new long[] {1, 8 * expected.length(), PatchInputs.CHUNK_BYTES}) {
                PatchInputs patches = new PatchInputs(input, axes, order, false, chunkBytes);
                assertThat(patches.rows()).isEqualTo(expected.size(0));
                assertThat(patches.columns()).isEqualTo((int) expected.size(1));
                assertThat(collect(patches)).isEqualTo(expected);
            }
        }
    }

    private static long[] shape(long samples, long channels, long[] spatial) {
        long[] shape = new long[2 + spatial.length];
        shape[0] = samples;
        shape[1] = channels;
        System.arraycopy(spatial, 0, shape, 2, spatial.length);
        return shape;
    }

    /** All chunks below one another. */
    private static INDArray collect(InputSource source) {
        INDArray all = Nd4j.valueArrayOf(
                new long[] {source.rows(), source.columns() + (source.homogeneous() ? 1 : 0)},
                Double.NaN,
                source.type());
        source.forEachChunk((first, chunk) -> all.get(
                        NDArrayIndex.interval(first, first + chunk.size(0)), NDArrayIndex.all())
                .assign(chunk));
        return all;
    }

    /** The definition in {@link PatchAxis}, entry by entry. */
    private static INDArray bruteForce(INDArray input, List<PatchAxis> axes, Order order) {
        int[] positions = axes.stream().mapToInt(PatchAxis::positions).toArray();
        int[] kernel = axes.stream().mapToInt(PatchAxis::kernel).toArray();
        int t = product(positions);
        int elements = product(kernel);
        int channels = (int) input.size(1);
        INDArray rows = Nd4j.zeros(DataType.DOUBLE, input.size(0) * t, (long) channels * elements);
        for (int row = 0; row < rows.size(0); row++) {
            int[] position = unravel(row % t, positions);
            for (int c = 0; c < channels; c++) {
                for (int element = 0; element < elements; element++) {
                    int column = order == Order.CHANNEL_MAJOR ? c * elements + element : element * channels + c;
                    rows.putScalar(row, column, seen(input, axes, row / t, c, position, unravel(element, kernel)));
                }
            }
        }
        return rows;
    }

    private static double seen(
            INDArray input, List<PatchAxis> axes, long sample, long channel, int[] position, int[] element) {
        long[] index = new long[input.rank()];
        index[0] = sample;
        index[1] = channel;
        for (int i = 0; i < axes.size(); i++) {
            PatchAxis axis = axes.get(i);
            int size = (int) input.size(2 + i);
            int at;
            if (axis.transposed()) {
                at = -1;
                for (int j = 0; j < size; j++) {
                    if (j * axis.stride() + element[i] * axis.dilation() - axis.before() == position[i]) {
                        at = j;
                    }
                }
            } else {
                at = position[i] * axis.stride() + element[i] * axis.dilation() - axis.before();
            }
            if (at < 0 || at >= size) {
                return 0;
            }
            index[2 + i] = at;
        }
        return input.getDouble(index);
    }

    private static int product(int[] sizes) {
        int product = 1;
        for (int size : sizes) {
            product *= size;
        }
        return product;
    }

    private static int[] unravel(int number, int[] sizes) {
        int[] index = new int[sizes.length];
        for (int i = sizes.length - 1; i >= 0; i--) {
            index[i] = number % sizes[i];
            number /= sizes[i];
        }
        return index;
    }

    private static final List<PatchAxis> ASYMMETRIC = List.of(plain(2, 1, 1, 0, 5), plain(4, 2, 1, 1, 3));

    @Test
    void anInputOfAnyStridesWillDo() {
        INDArray input = normal(1, 4, 3, 5, 6);
        INDArray expected = collect(new PatchInputs(input, ASYMMETRIC, Order.CHANNEL_MAJOR, false));
        INDArray channelsLast = input.permute(0, 2, 3, 1).dup('c').permute(0, 3, 1, 2);
        INDArray wide = Nd4j.zeros(DataType.DOUBLE, 8, 5, 7, 12);
        INDArray view = wide.get(
                NDArrayIndex.interval(1, 2, 8),
                NDArrayIndex.interval(2, 5),
                NDArrayIndex.interval(1, 6),
                NDArrayIndex.interval(0, 2, 12));
        view.assign(input);
        for (INDArray same : List.of(channelsLast, view, input.dup('f'))) {
            assertThat(same).isEqualTo(input);
            for (long chunkBytes : new long[] {1, PatchInputs.CHUNK_BYTES}) {
                assertThat(collect(new PatchInputs(same, ASYMMETRIC, Order.CHANNEL_MAJOR, false, chunkBytes)))
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void chunksAreColumnMajorWholeSamplesInOrder() {
        INDArray input = normal(1, 5, 3, 5, 6);
        long sample = 8 * (15 * 25 + 3 * 6 * 8);
        List<Long> firsts = new ArrayList<>();
        List<Long> sizes = new ArrayList<>();
        new PatchInputs(input, ASYMMETRIC, Order.CHANNEL_MAJOR, true, 2 * sample).forEachChunk((first, chunk) -> {
            firsts.add(first);
            sizes.add(chunk.size(0));
            assertThat(chunk.stride(0)).isEqualTo(1);
            assertThat(chunk.size(1)).isEqualTo(25);
        });
        assertThat(firsts).containsExactly(0L, 30L, 60L);
        assertThat(sizes).containsExactly(30L, 30L, 15L);
    }

    @Test
    void theHomogeneousCoordinateComesLast() {
        INDArray input = normal(1, 5, 3, 5, 6);
        INDArray plain = collect(new PatchInputs(input, ASYMMETRIC, Order.CHANNEL_MAJOR, false));
        for (long chunkBytes : new long[] {1, 10_000, PatchInputs.CHUNK_BYTES}) {
            INDArray all = collect(new PatchInputs(input, ASYMMETRIC, Order.CHANNEL_MAJOR, true, chunkBytes));
            assertThat(all).isEqualTo(Nd4j.hstack(plain, Nd4j.ones(DataType.DOUBLE, plain.size(0), 1)));
        }
    }

    @Test
    void pixelsAreTheRawInput() {
        INDArray input = normal(1, 4, 3, 5, 6);
        PatchInputs patches = new PatchInputs(input, ASYMMETRIC, Order.CHANNEL_MAJOR, true);
        INDArray pixels = patches.pixels();
        assertThat(patches.positions()).isEqualTo(15);
        assertThat(pixels.shape()).containsExactly(120, 3);
        assertThat(pixels.stride()).containsExactly(1, 120);
        assertThat(pixels).isEqualTo(input.permute(0, 2, 3, 1).dup('c').reshape('c', 120, 3));
        assertThat(pixels)
                .isEqualTo(collect(new PatchInputs(
                        input, List.of(plain(1, 1, 1, 0, 5), plain(1, 1, 1, 0, 6)), Order.CHANNEL_MAJOR, false)));
    }

    @Test
    void finiteMeansTheRawInput() {
        INDArray input = normal(1, 4, 3, 5, 6);
        assertThat(new PatchInputs(input, ASYMMETRIC, Order.CHANNEL_MAJOR, true).magnitude())
                .isCloseTo(input.norm1Number().doubleValue(), within(1e-9));
        for (double broken : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            INDArray copy = input.dup();
            copy.putScalar(new long[] {3, 2, 4, 5}, broken);
            for (INDArray layout : List.of(
                    copy, copy.dup('f'), copy.permute(0, 2, 3, 1).dup('c').permute(0, 3, 1, 2))) {
                assertThat(Double.isFinite(new PatchInputs(layout, ASYMMETRIC, Order.CHANNEL_MAJOR, true).magnitude()))
                        .isFalse();
            }
            INDArray matrix = copy.reshape('c', 12, 30);
            assertThat(Double.isFinite(InputSource.of(matrix).magnitude())).isFalse();
            assertThat(InputSource.of(rows(matrix, 0, 11)).magnitude()).isFinite();
        }
    }

    @Test
    void sizesThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> plain(0, 1, 1, 0, 5)).hasMessageContaining("are 0, 1, 1 and 5");
        INDArray input = normal(1, 4, 3, 5);
        assertThatThrownBy(() -> new PatchInputs(input, ASYMMETRIC, Order.CHANNEL_MAJOR, true))
                .hasMessageContaining("along 2 axes")
                .hasMessageContaining("rank 3");
        assertThatThrownBy(() -> InputSource.of(input)).hasMessageContaining("rank 3");
    }

    /** A and G after two batches, the source cut in one piece or in many, and dense. */
    @ParameterizedTest(name = "bias {0}, mask {1}")
    @CsvSource({"true,false", "false,false", "true,true", "false,true"})
    void factorsOfChunksAreThoseOfOneMatrix(boolean bias, boolean masked) {
        assertFactors(bias, masked, Solvers.forBackend());
        assertFactors(bias, masked, new PortableSolver());
    }

    private static void assertFactors(boolean bias, boolean masked, SymmetricSolver solver) {
        INDArray weights = masked ? normal(9, 75, 1).gt(0).castTo(DataType.DOUBLE) : null;
        double active = masked ? weights.sumNumber().doubleValue() : 75;
        INDArray[] expected = factors(bias);
        INDArray[] dense = factors(bias);
        for (long chunkBytes : new long[] {1, 10_000, PatchInputs.CHUNK_BYTES}) {
            INDArray[] actual = factors(bias);
            for (int batch = 0; batch < 2; batch++) {
                double keep = batch == 0 ? 0 : 0.7;
                PatchInputs patches = new PatchInputs(
                        normal(1 + batch, 5, 3, 5, 6), ASYMMETRIC, Order.CHANNEL_MAJOR, bias, chunkBytes);
                INDArray g = normal(10 + batch, 75, 2);
                updateByHand(expected, collect(patches), weights, active, g, keep, batch == 0);
                of(actual, solver).update(new OuterProductRows(patches, g, weights, active, 5), keep);
                INDArray matrix =
                        collect(new PatchInputs(normal(1 + batch, 5, 3, 5, 6), ASYMMETRIC, Order.CHANNEL_MAJOR, false));
                of(dense, solver).update(new OuterProductRows(InputSource.of(matrix), g, weights, active, 5), keep);
            }
            for (int i = 0; i < 2; i++) {
                assertThat(error(symmetric(actual[i]), expected[i])).isLessThan(1e-12);
                assertThat(error(symmetric(dense[i]), expected[i])).isLessThan(1e-12);
            }
        }
    }

    private static INDArray[] factors(boolean bias) {
        long inputs = bias ? 25 : 24;
        // What is there before the first batch must not matter.
        return new INDArray[] {
            Nd4j.zeros(DataType.DOUBLE, inputs, inputs).dup('f').addi(3),
            Nd4j.zeros(DataType.DOUBLE, 2, 2).dup('f').addi(3)
        };
    }

    private static KroneckerFactors of(INDArray[] factors, SymmetricSolver solver) {
        return new KroneckerFactors(factors[0], factors[1], solver);
    }

    private static void updateByHand(
            INDArray[] factors,
            INDArray rows,
            INDArray weights,
            double active,
            INDArray g,
            double keep,
            boolean first) {
        INDArray a = weights == null ? rows : rows.mulColumnVector(weights);
        INDArray meanA = a.transpose().mmul(a).div(active);
        INDArray meanG = g.transpose().mmul(g).div(5);
        factors[0].assign(first ? meanA : factors[0].mul(keep).add(meanA.mul(1 - keep)));
        factors[1].assign(first ? meanG : factors[1].mul(keep).add(meanG.mul(1 - keep)));
    }

    @Test
    void nothingIsLeftInTheCallersWorkspace() {
        PatchInputs patches = new PatchInputs(normal(1, 5, 3, 5, 6), ASYMMETRIC, Order.CHANNEL_MAJOR, true, 1);
        INDArray expected = collect(patches);
        WorkspaceConfiguration settings =
                WorkspaceConfiguration.builder().initialSize(1 << 20).build();
        try (MemoryWorkspace workspace = Nd4j.getWorkspaceManager().getAndActivateWorkspace(settings, "patches")) {
            INDArray[] copies = new INDArray[1];
            patches.forEachChunk((first, chunk) -> {
                assertThat(chunk.isAttached()).isFalse();
                copies[0] = chunk;
            });
            assertThat(workspace.getPrimaryOffset()).isZero();
        } finally {
            Nd4j.getWorkspaceManager().destroyAllWorkspacesForCurrentThread();
        }
        assertThat(collect(patches)).isEqualTo(expected);
    }
}
