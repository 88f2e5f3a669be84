package io.github.dl4jkfac.curvature;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a part of a batch says of the curvature of a whole network: the sums of each of its blocks. Immutable, and so are the sums in it.
 *
 * @param sums by the blocks' names, in the order of the network; blocks that no derivative has reached are left out
 */
public record BatchStatistics(Map<String, BlockSums> sums) {

    /**
     * Copies the map.
     *
     * @param sums by the blocks' names
     */
    public BatchStatistics {
        sums = new LinkedHashMap<>(sums);
    }

    /**
     * Adds what another part of the same batch says.
     *
     * @param other the other part's; not modified
     * @return the sums over both
     * @throws IllegalArgumentException if the parts come from networks with other blocks, naming the block
     */
    public BatchStatistics plus(BatchStatistics other) {
        requireSameBlocks(other);
        Map<String, BlockSums> both = new LinkedHashMap<>();
        sums.forEach((name, sum) -> both.put(name, sum.plus(other.sums.get(name))));
        return new BatchStatistics(both);
    }

    /**
     * Writes the sums, bit for bit.
     *
     * @param out where to
     * @throws IOException if that fails
     */
    public void write(DataOutput out) throws IOException {
        out.writeInt(sums.size());
        for (Map.Entry<String, BlockSums> entry : sums.entrySet()) {
            out.writeUTF(entry.getKey());
            entry.getValue().write(out);
        }
    }

    /**
     * Reads what {@link #write} has written.
     *
     * @param in where from
     * @return the statistics
     * @throws IOException if that fails
     */
    public static BatchStatistics read(DataInput in) throws IOException {
        Map<String, BlockSums> sums = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            sums.put(in.readUTF(), BlockSums.read(in));
        }
        return new BatchStatistics(sums);
    }

    private void requireSameBlocks(BatchStatistics other) {
        if (!sums.keySet().equals(other.sums.keySet())) {
            throw new IllegalArgumentException("A part of the batch has statistics of the blocks " + sums.keySet()
                    + ", another one of " + other.sums.keySet()
                    + ": all parts have to come from copies of the same network");
        }
    }
}
