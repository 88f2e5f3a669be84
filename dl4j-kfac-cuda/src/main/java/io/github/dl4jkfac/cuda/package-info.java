/**
 * Inverses, eigenvectors and two-sided products of large matrices on an NVIDIA GPU, while everything else stays in main memory with ND4J's
 * CPU backend.
 *
 * <p>{@link io.github.dl4jkfac.cuda.CudaProvider} is found by {@link java.util.ServiceLoader}: it is enough to have this
 * module, the natives of {@code org.bytedeco:cuda} and CUDA itself. Where one of them, the driver or the device is missing,
 * the library works as it does without this module.
 */
package io.github.dl4jkfac.cuda;
