package io.github.dl4jkfac.cuda;

import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.solve.SymmetricSolver;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A device that is the CPU, and fails when it is told to. */
class FakeDevice implements DeviceAlgebra {

    /** What was asked for, in order. */
    final List<String> calls = new ArrayList<>();

    /** Thrown by the next calls, after some of the target has been overwritten where that is allowed; null for none. */
    RuntimeException failure;

    private final SymmetricSolver host = Solvers.ofLibrary();

    @Override
    public String name() {
        return "fake device";
    }

    @Override
    public void invert(HostMatrix m, double shift, HostMatrix out) {
        calls.add("invert " + m.order() + " " + m.type());
        if (failure != null) {
            out.array().assign(Double.NaN);
            throw failure;
        }
        host.invert(m.array(), shift, out.array());
    }

    @Override
    public void eigen(HostMatrix symmetric, INDArray values) {
        calls.add("eigen " + symmetric.order() + " " + symmetric.type());
        if (failure != null) {
            throw failure;
        }
        host.eigen(symmetric.array(), values);
    }

    @Override
    public void sandwich(HostMatrix left, HostMatrix v, HostMatrix right, HostMatrix out) {
        calls.add("sandwich " + v.rows() + " " + v.cols() + " " + v.type());
        if (failure != null) {
            throw failure;
        }
        INDArray work = Nd4j.create(v.type(), new long[] {v.rows(), v.cols()}, 'f');
        host.sandwich(left.array(), v.array(), right.array(), work, out.array());
    }
}
