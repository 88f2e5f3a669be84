package io.github.dl4jkfac.solve;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.nativeblas.NativeOpsHolder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this process's linear algebra stands on: ND4J's backend, the BLAS library's kernels, threads. Speed depends on it
 * more than on any option, and nothing else tells.
 */
@SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
public final class NativeFloor {

    private static final Logger LOG = LoggerFactory.getLogger(NativeFloor.class);

    /** What ND4J calls a processor with AVX2, which comes with fused multiply-add. */
    private static final int AVX2 = 2;

    private static final int MEASURED_ORDER = 256;

    private static final int MEASURED_TIMES = 12;

    private static final AtomicBoolean ANNOUNCED = new AtomicBoolean();

    private NativeFloor() {}

    /** Found out once in a process: it takes some hundredths of a second and cannot change. */
    private static final class OfProcess {
        private static final String KERNEL = kernel();
        private static final boolean OUTDATED = processorHasFusedProducts() && !productsAreFused();
    }

    /**
     * Tells in one line what the linear algebra runs on, such as {@code ND4J backend NATIVE_CPU, OpenBLAS with kernels
     * Haswell, 2 threads}. Where the library does not name its kernels, the speed of a product stands in their place.
     *
     * @return the line, without a full stop
     */
    public static String describe() {
        return "ND4J backend " + Nd4j.getExecutioner().type()
                + (isCpu() ? ", " + OfProcess.KERNEL + ", " + threads(BlasThreads.get()) : "");
    }

    /**
     * Tells whether products are far slower than this processor allows, and how to cure that. It looks at how products are
     * rounded and not at a clock, so other load on the machine makes no difference.
     *
     * @return the warning; null if there is nothing to warn of
     */
    public static String warning() {
        if (!isCpu() || !OfProcess.OUTDATED) {
            return null;
        }
        return "Matrix products run far below what this processor can do, Deeplearning4j's own as well: its BLAS ("
                + OfProcess.KERNEL + ") uses kernels for processors without AVX2. To have them several times faster, "
                + LapackHealth.remedy() + ".";
    }

    /** Logs the line, and the warning if there is one, the first time it is called. */
    public static void announce() {
        if (ANNOUNCED.compareAndSet(false, true)) {
            LOG.info("{}", describe());
            String warning = warning();
            if (warning != null) {
                LOG.warn("{}", warning);
            }
        }
    }

    private static String threads(int count) {
        return count == 1 ? "1 thread" : count + " threads";
    }

    private static boolean isCpu() {
        return Nd4j.getExecutioner().type() == OpExecutioner.ExecutionerType.NATIVE_CPU;
    }

    private static String kernel() {
        String vendor = Nd4j.factory().blas().getBlasVendor().toString();
        String core = coreName();
        return core != null
                ? vendor + " with kernels " + core
                : String.format(Locale.ROOT, "%s with products at %.0f GF/s", vendor, speed());
    }

    /** The name that OpenBLAS gives its kernels; null where it is older than 0.3.31, or is not OpenBLAS. */
    private static String coreName() {
        try {
            Class<?> all = Class.forName("org.bytedeco.openblas.global.openblas_full");
            // A handle, as reflection would go through the thousands of methods of this class.
            MethodHandle name = MethodHandles.publicLookup()
                    .findStatic(all, "openblas_get_corename", MethodType.methodType(BytePointer.class));
            return ((BytePointer) name.invoke()).getString();
        } catch (Throwable e) {
            LOG.debug("BLAS does not name its kernels", e);
            return null;
        }
    }

    /** Billions of additions and multiplications per second in float32 products, at best. */
    private static double speed() {
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces();
                INDArray a = Nd4j.ones(DataType.FLOAT, MEASURED_ORDER, MEASURED_ORDER)
                        .dup('f');
                INDArray c = Nd4j.create(DataType.FLOAT, new long[] {MEASURED_ORDER, MEASURED_ORDER}, 'f')) {
            long best = Long.MAX_VALUE;
            for (int i = 0; i < MEASURED_TIMES; i++) {
                long start = System.nanoTime();
                Nd4j.gemm(a, a, c, false, false, 1, 0);
                best = Math.min(best, System.nanoTime() - start);
            }
            return 2.0 * MEASURED_ORDER * MEASURED_ORDER * MEASURED_ORDER / best;
        }
    }

    private static boolean processorHasFusedProducts() {
        return LapackHealth.isX86()
                && NativeOpsHolder.getInstance().getDeviceNativeOps().optimalLevel() >= AVX2;
    }

    /**
     * Tells whether products are added with one rounding, as fused multiply-add does, or with two. The entries are plus or
     * minus 1 + 2^-12. Their products, 1 + 2^-11 + 2^-24, lose the last bit where they are rounded for themselves, and then
     * all sums are multiples of 1 + 2^-11; where a sum passes through zero with one rounding, the bit remains.
     */
    static boolean productsAreFused() {
        int n = 64;
        Random random = new Random(1);
        float[] signs = new float[2 * n * n];
        for (int i = 0; i < signs.length; i++) {
            signs[i] = random.nextBoolean() ? 1 : -1;
        }
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces();
                INDArray all = Nd4j.createFromArray(signs).reshape('c', 2 * n, n);
                INDArray left = all.get(NDArrayIndex.interval(0, n)).dup('f');
                INDArray right = all.get(NDArrayIndex.interval(n, 2 * n)).dup('f');
                INDArray counts = Nd4j.gemm(left, right, false, false)) {
            left.muli(1 + 0x1p-12);
            right.muli(1 + 0x1p-12);
            try (INDArray sums = Nd4j.gemm(left, right, false, false)) {
                float[] sum = sums.data().asFloat();
                float[] count = counts.data().asFloat();
                for (int i = 0; i < sum.length; i++) {
                    if (sum[i] != count[i] * (1 + 0x1p-11)) {
                        return true;
                    }
                }
                return false;
            }
        }
    }
}
