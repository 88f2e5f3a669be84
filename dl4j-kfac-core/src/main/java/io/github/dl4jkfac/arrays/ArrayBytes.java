package io.github.dl4jkfac.arrays;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Matrices of FLOAT or DOUBLE as bytes, bit for bit; of symmetric ones only the lower triangle travels. */
public final class ArrayBytes {

    private ArrayBytes() {}

    /**
     * Writes a vector or matrix, column by column.
     *
     * @param array of one or two dimensions, FLOAT or DOUBLE; not modified
     * @param symmetric whether it is a square matrix of which the lower triangle tells all
     * @param out where to
     * @throws IOException if that fails
     */
    public static void write(INDArray array, boolean symmetric, DataOutput out) throws IOException {
        long rows = array.rank() == 1 ? array.length() : array.size(0);
        long columns = array.rank() == 1 ? 1 : array.size(1);
        boolean isDouble = array.dataType() == DataType.DOUBLE;
        out.writeByte(array.rank());
        out.writeBoolean(symmetric);
        out.writeBoolean(isDouble);
        out.writeInt(Math.toIntExact(rows));
        out.writeInt(Math.toIntExact(columns));
        byte[] bytes = new byte[Math.toIntExact(entries(rows, columns, symmetric) * (isDouble ? 8 : 4))];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        INDArray dense = array.dup('f');
        if (isDouble) {
            put(dense.data().asDouble(), (int) rows, (int) columns, symmetric, buffer.asDoubleBuffer());
        } else {
            put(dense.data().asFloat(), (int) rows, (int) columns, symmetric, buffer.asFloatBuffer());
        }
        dense.close();
        out.write(bytes);
    }

    private static long entries(long rows, long columns, boolean symmetric) {
        return symmetric ? rows * (rows + 1) / 2 : rows * columns;
    }

    private static void put(float[] values, int rows, int columns, boolean symmetric, FloatBuffer buffer) {
        for (int column = 0; column < columns; column++) {
            int first = symmetric ? column : 0;
            buffer.put(values, column * rows + first, rows - first);
        }
    }

    private static void put(double[] values, int rows, int columns, boolean symmetric, DoubleBuffer buffer) {
        for (int column = 0; column < columns; column++) {
            int first = symmetric ? column : 0;
            buffer.put(values, column * rows + first, rows - first);
        }
    }

    /**
     * Reads what {@link #write} has written.
     *
     * @param in where from
     * @return a new array, column-major, outside of workspaces; of a symmetric one both triangles are there
     * @throws IOException if that fails
     */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    public static INDArray read(DataInput in) throws IOException {
        int rank = in.readByte();
        boolean symmetric = in.readBoolean();
        boolean isDouble = in.readBoolean();
        int rows = in.readInt();
        int columns = in.readInt();
        byte[] bytes = new byte[Math.toIntExact(entries(rows, columns, symmetric) * (isDouble ? 8 : 4))];
        in.readFully(bytes);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        long[] shape = rank == 1 ? new long[] {rows} : new long[] {rows, columns};
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return isDouble
                    ? Nd4j.create(doubles(buffer.asDoubleBuffer(), rows, columns, symmetric), shape, 'f')
                    : Nd4j.create(floats(buffer.asFloatBuffer(), rows, columns, symmetric), shape, 'f');
        }
    }

    private static float[] floats(FloatBuffer buffer, int rows, int columns, boolean symmetric) {
        float[] values = new float[rows * columns];
        for (int column = 0; column < columns; column++) {
            int first = symmetric ? column : 0;
            buffer.get(values, column * rows + first, rows - first);
            for (int row = column + 1; symmetric && row < rows; row++) {
                values[row * rows + column] = values[column * rows + row];
            }
        }
        return values;
    }

    private static double[] doubles(DoubleBuffer buffer, int rows, int columns, boolean symmetric) {
        double[] values = new double[rows * columns];
        for (int column = 0; column < columns; column++) {
            int first = symmetric ? column : 0;
            buffer.get(values, column * rows + first, rows - first);
            for (int row = column + 1; symmetric && row < rows; row++) {
                values[row * rows + column] = values[column * rows + row];
            }
        }
        return values;
    }
}
