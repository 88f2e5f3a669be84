package io.github.dl4jkfac.session;

import io.github.dl4jkfac.arrays.ArrayBytes;
import io.github.dl4jkfac.curvature.BatchStatistics;
import io.github.dl4jkfac.diagnostics.SkipReason;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a copy of a network has found of its part of a batch. The step is taken on all parts together.
 *
 * @param gradient flat, the sum over the part's samples, without L1 and L2; what DL4J keeps among the parameters and does not learn, such as the
 *     running statistics of batch normalisation, is a mean over the part. The copy's own view, valid until its next pass;
 *     null if the part tells the statistics alone
 * @param score DL4J's score of the part
 * @param samples how many samples the part has
 * @param statistics of the curvature; null if the batch does not enter them
 * @param obstacle why the whole batch has to be left out; null if it need not be
 * @param place where the obstacle was noticed, for the log
 * @param suspicion what is to blame if the statistics of the batch overflow; null if they cannot
 */
public record BatchPart(
        INDArray gradient,
        double score,
        int samples,
        BatchStatistics statistics,
        SkipReason obstacle,
        String place,
        SkipReason suspicion) {

    /** Of the bytes; other versions cannot be read. */
    private static final int VERSION = 1;

    private static final int MAGIC = 0x4B464143; // "KFAC"

    /** The same part with its gradient in another array. */
    BatchPart with(INDArray other) {
        return new BatchPart(other, score, samples, statistics, obstacle, place, suspicion);
    }

    /**
     * What the part says of the curvature, without its gradient, which is not to enter the step.
     *
     * @return a part of no samples
     */
    public BatchPart statisticsAlone() {
        return new BatchPart(null, 0, 0, statistics, obstacle, place, suspicion);
    }

    /** {@return whether the part's gradient enters the step} */
    public boolean hasGradient() {
        return gradient != null;
    }

    /** Those with a gradient, and behind them those without, else in their order. */
    static List<BatchPart> gradientsFirst(List<BatchPart> parts) {
        return parts.stream()
                .sorted(Comparator.comparing(part -> !part.hasGradient()))
                .toList();
    }

    /**
     * The same part with other statistics.
     *
     * @param others in place of its own, or null
     * @return the part
     */
    public BatchPart withStatistics(BatchStatistics others) {
        return new BatchPart(gradient, score, samples, others, obstacle, place, suspicion);
    }

    /**
     * Writes the part, bit for bit.
     *
     * @param layout of the network's parameters and blocks
     * @param out where to
     * @throws IOException if that fails
     */
    public void write(long layout, DataOutput out) throws IOException {
        out.writeInt(MAGIC);
        out.writeInt(VERSION);
        out.writeLong(layout);
        out.writeInt(samples);
        out.writeDouble(score);
        writeReason(obstacle, out);
        out.writeUTF(place == null ? "" : place);
        writeReason(suspicion, out);
        out.writeBoolean(hasGradient());
        if (hasGradient()) {
            ArrayBytes.write(gradient.reshape(gradient.length()), false, out);
        }
        out.writeBoolean(statistics != null);
        if (statistics != null) {
            statistics.write(out);
        }
    }

    private static void writeReason(SkipReason reason, DataOutput out) throws IOException {
        out.writeUTF(reason == null ? "" : reason.name());
    }

    /**
     * Reads what {@link #write} has written.
     *
     * @param layout of the network that is to take the step
     * @param in where from
     * @return the part
     * @throws IOException if the bytes cannot be read, or come from another version of this library or from another network
     */
    public static BatchPart read(long layout, DataInput in) throws IOException {
        int magic = in.readInt();
        int version = in.readInt();
        if (magic != MAGIC || version != VERSION) {
            throw new IOException("A part of a batch has the format " + version + " where " + VERSION
                    + " is expected: all machines have to run the same version of dl4j-kfac");
        }
        if (in.readLong() != layout) {
            throw new IOException(
                    "A part of a batch comes from a network with other parameters or curvature blocks than the one"
                            + " that takes the step: all machines have to have the same network and the same version of dl4j-kfac");
        }
        int samples = in.readInt();
        double score = in.readDouble();
        SkipReason obstacle = readReason(in);
        String place = in.readUTF();
        SkipReason suspicion = readReason(in);
        INDArray gradient = in.readBoolean() ? ArrayBytes.read(in) : null;
        BatchStatistics statistics = in.readBoolean() ? BatchStatistics.read(in) : null;
        return new BatchPart(gradient, score, samples, statistics, obstacle, place, suspicion);
    }

    private static SkipReason readReason(DataInput in) throws IOException {
        String name = in.readUTF();
        return name.isEmpty() ? null : SkipReason.valueOf(name);
    }
}
