package io.github.dl4jkfac.arrays;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Against plain Java, over all small shapes with dimensions of size 1 among them, orders and views. */
class ReductionsTest {

    private enum Kind {
        SUM(Reductions::sum, x -> DoubleStream.of(x).sum()),
        MEAN(Reductions::mean, Kind::mean),
        VARIANCE(
                Reductions::variance,
                x -> DoubleStream.of(x).map(v -> (v - mean(x)) * (v - mean(x))).sum() / x.length),
        MAX(Reductions::max, x -> DoubleStream.of(x).max().orElseThrow()),
        LARGEST_ABSOLUTE(
                Reductions::largestAbsolute,
                x -> DoubleStream.of(x).map(Math::abs).max().orElseThrow()),
        SUM_OF_SQUARES(
                Reductions::sumOfSquares,
                x -> DoubleStream.of(x).map(v -> v * v).sum());

        interface Reduction {
            INDArray apply(INDArray x, boolean kept, int... dimensions);
        }

        final Reduction reduction;
        final ToDoubleFunction<double[]> expected;

        Kind(Reduction reduction, ToDoubleFunction<double[]> expected) {
            this.reduction = reduction;
            this.expected = expected;
        }

        private static double mean(double[] x) {
            return DoubleStream.of(x).sum() / x.length;
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT", "DOUBLE"})
    void reductionsOfAllShapesEqualPlainJava(DataType type) {
        double rounding = type == DataType.DOUBLE ? 1e-12 : 1e-5;
        for (long[] shape : shapes()) {
            for (INDArray x : layouts(type, shape)) {
                double[] before = x.dup('c').data().asDouble();
                for (int[] dimensions : subsets(shape.length)) {
                    for (Kind kind : Kind.values()) {
                        // single precision sees one of the two, double precision the other
                        boolean kept = (kind.ordinal() + dimensions[0] + type.ordinal()) % 2 == 0;
                        INDArray result = kind.reduction.apply(x, kept, dimensions);
                        String what = kind + " of " + Arrays.toString(shape) + " strides " + Arrays.toString(x.stride())
                                + " along " + Arrays.toString(dimensions);
                        assertThat(result.shape()).as(what).isEqualTo(shape(shape, kept, dimensions));
                        assertThat(result.dataType()).as(what).isEqualTo(type);
                        assertThat(result.dup('c').data().asDouble())
                                .as(what)
                                .containsExactly(expected(x, dimensions, kind), within(rounding));
                        result.assign(77);
                    }
                }
                assertThat(x.dup('c').data().asDouble()).as("unchanged").isEqualTo(before);
            }
        }
    }

    /** That is why only reductions along dimensions are guarded. */
    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT", "DOUBLE"})
    void nd4jReducesWholeArraysOfAllShapesRight(DataType type) {
        double rounding = type == DataType.DOUBLE ? 1e-12 : 1e-5;
        for (long[] shape : shapes()) {
            for (INDArray x : layouts(type, shape)) {
                double[] all = x.dup('c').data().asDouble();
                String what = Arrays.toString(shape) + " strides " + Arrays.toString(x.stride());
                double sum = DoubleStream.of(all).sum();
                double norm = Math.sqrt(Kind.SUM_OF_SQUARES.expected.applyAsDouble(all));
                double norm1 = DoubleStream.of(all).map(Math::abs).sum();
                double max = DoubleStream.of(all).max().orElseThrow();
                double min = DoubleStream.of(all).min().orElseThrow();
                assertThat(x.sumNumber().doubleValue()).as(what).isCloseTo(sum, within(rounding));
                assertThat(x.meanNumber().doubleValue()).as(what).isCloseTo(sum / all.length, within(rounding));
                assertThat(x.norm2Number().doubleValue()).as(what).isCloseTo(norm, within(rounding));
                assertThat(x.norm1Number().doubleValue()).as(what).isCloseTo(norm1, within(rounding));
                assertThat(x.maxNumber().doubleValue()).as(what).isCloseTo(max, within(rounding));
                assertThat(x.minNumber().doubleValue()).as(what).isCloseTo(min, within(rounding));
            }
        }
    }

    /** Ranks 1 to 3 of the sizes 1 to 3, rank 4 of the sizes 1 and 2. */
    private static List<long[]> shapes() {
        List<long[]> shapes = new ArrayList<>();
        for (int rank = 1; rank <= 4; rank++) {
            int sizes = rank < 4 ? 3 : 2;
            for (int code = 0; code < Math.pow(sizes, rank); code++) {
                long[] shape = new long[rank];
                for (int i = 0, rest = code; i < rank; i++, rest /= sizes) {
                    shape[i] = 1 + rest % sizes;
                }
                shapes.add(shape);
            }
        }
        return shapes;
    }

    private static List<INDArray> layouts(DataType type, long[] shape) {
        int rank = shape.length;
        Random random = new Random(Arrays.hashCode(shape));
        int length = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        double[] values = random.doubles(length, -2, 1).toArray();
        INDArray rowMajor = Nd4j.create(values, shape, type);
        int[] reversed = IntStream.range(0, rank).map(i -> rank - 1 - i).toArray();
        INDArray permuted = rowMajor.permute(reversed).dup('c').permute(reversed);
        long[] larger = Arrays.stream(shape).map(size -> size + 2).toArray();
        INDArrayIndex[] inner = Arrays.stream(shape)
                .mapToObj(size -> NDArrayIndex.interval(1, 1 + size))
                .toArray(INDArrayIndex[]::new);
        INDArray part = Nd4j.create(type, larger, 'c').get(inner);
        part = part.rank() == rank ? part.assign(rowMajor) : rowMajor.dup('f');
        INDArray partOfColumnMajor = Nd4j.create(type, larger, 'f').get(inner);
        partOfColumnMajor = partOfColumnMajor.rank() == rank ? partOfColumnMajor.assign(rowMajor) : rowMajor.dup('f');
        return List.of(rowMajor, rowMajor.dup('f'), permuted, part, partOfColumnMajor);
    }

    private static List<int[]> subsets(int rank) {
        return IntStream.range(1, 1 << rank)
                .mapToObj(bits -> IntStream.range(0, rank)
                        .filter(i -> (bits >> i & 1) == 1)
                        .toArray())
                .toList();
    }

    private static long[] shape(long[] shape, boolean kept, int[] dimensions) {
        return IntStream.range(0, shape.length)
                .filter(i -> kept || !contains(dimensions, i))
                .mapToLong(i -> contains(dimensions, i) ? 1 : shape[i])
                .toArray();
    }

    private static boolean contains(int[] dimensions, int dimension) {
        return IntStream.of(dimensions).anyMatch(d -> d == dimension);
    }

    /** In row-major order of the dimensions that are left. */
    private static double[] expected(INDArray x, int[] dimensions, Kind kind) {
        long[] shape = x.shape();
        java.util.TreeMap<Long, List<Double>> entries = new java.util.TreeMap<>();
        for (long code = 0; code < x.length(); code++) {
            int[] index = new int[shape.length];
            long rest = code;
            for (int i = shape.length - 1; i >= 0; i--) {
                index[i] = (int) (rest % shape[i]);
                rest /= shape[i];
            }
            long place = 0;
            for (int i = 0; i < shape.length; i++) {
                if (!contains(dimensions, i)) {
                    place = place * shape[i] + index[i];
                }
            }
            entries.computeIfAbsent(place, none -> new ArrayList<>()).add(x.getDouble(index));
        }
        return entries.values().stream()
                .mapToDouble(list -> kind.expected.applyAsDouble(
                        list.stream().mapToDouble(v -> v).toArray()))
                .toArray();
    }
}
