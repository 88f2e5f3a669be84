package io.github.dl4jkfac.step;

import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.solve.SymmetricSolver;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** A part of DL4J's flat gradient seen as a parameter matrix [dA,dG], however DL4J lays its rows out. */
final class MatrixLayout {

    /**
     * @param start where it lies in the flat gradient
     * @param firstRow of the matrix
     */
    private record Place(Segment segment, long start, long firstRow) {}

    private final List<Place> places;
    private final SymmetricSolver solver;

    /**
     * @param segments the rows of the matrix, from the first to the last
     * @param offsets where each of DL4J's parameter arrays begins in the flat gradient
     */
    MatrixLayout(List<Segment> segments, Map<String, Long> offsets, SymmetricSolver solver) {
        long[] row = {0};
        this.places = segments.stream()
                .map(segment -> {
                    Place place = new Place(segment, offsets.get(segment.parameter()) + segment.offset(), row[0]);
                    row[0] += segment.rows();
                    return place;
                })
                .toList();
        this.solver = solver;
    }

    /** Copies the flat gradient into {@code matrix}. */
    void gather(INDArray flat, INDArray matrix) {
        for (Place place : places) {
            INDArray rows = rowsOf(matrix, place);
            INDArray source = inMatrixOrder(flat, place);
            if (place.segment.isPlain()) {
                solver.copyMatrix(source, rows);
            } else {
                solver.copyMatrix(source.dup('c').reshape('c', rows.size(0), rows.size(1)), rows);
            }
        }
    }

    /** Copies {@code matrix} into the flat gradient. */
    void scatter(INDArray matrix, INDArray flat) {
        for (Place place : places) {
            INDArray rows = rowsOf(matrix, place);
            INDArray target = inMatrixOrder(flat, place);
            if (place.segment.isPlain()) {
                solver.copyMatrix(rows, target);
            } else {
                target.assign(rows.dup('c').reshape('c', target.shape()));
            }
        }
    }

    /** A view: the segment's dimensions in the order that makes rows and columns. */
    private static INDArray inMatrixOrder(INDArray flat, Place place) {
        Segment segment = place.segment;
        INDArray part = flat.get(NDArrayIndex.interval(place.start, place.start + segment.length()))
                .reshape(segment.order(), segment.dimensions());
        return segment.isPlain() ? part : part.permute(Arrays.copyOf(segment.permutation(), part.rank()));
    }

    /** A view. Of the transposed matrix, since get() takes a part of some views for empty if an index before the last cuts. */
    private static INDArray rowsOf(INDArray matrix, Place place) {
        return matrix.transpose()
                .get(NDArrayIndex.all(), NDArrayIndex.interval(place.firstRow, place.firstRow + place.segment.rows()))
                .transpose();
    }
}
