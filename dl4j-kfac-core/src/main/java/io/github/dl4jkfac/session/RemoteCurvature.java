package io.github.dl4jkfac.session;

import io.github.dl4jkfac.session.CurvatureOwners.Order;
import io.github.dl4jkfac.step.ParameterMatrix;
import io.github.dl4jkfac.step.Preconditioner;
import java.util.List;
import java.util.function.BiConsumer;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Has the owners of a network's curvature do what the network's own blocks would do. */
final class RemoteCurvature implements Preconditioner {

    private final List<CurvatureGroup> groups;
    private final FlatMatrices places;
    private final CurvatureOwners owners;
    private final INDArray gradients;
    private final INDArray updates;

    private boolean fold;
    private List<Double> dampings;
    private boolean later;

    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    RemoteCurvature(List<CurvatureGroup> groups, CurvatureOwners owners) {
        this.groups = groups;
        this.owners = owners;
        this.places = new FlatMatrices(groups);
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            this.gradients = Nd4j.create(places.type(), places.length());
            this.updates = Nd4j.create(places.type(), places.length());
        }
    }

    /** What the owners are to do when the step comes to preconditioning; nothing of it if it does not. */
    void order(boolean newFold, List<Double> newDampings, boolean newLater) {
        later = newLater;
        fold = newFold;
        dampings = newDampings;
    }

    @Override
    public void precondition(BiConsumer<ParameterMatrix, INDArray> products, double gradientScale) {
        groups.forEach(group -> group.gather(gradientScale, places.of(group, gradients)));
        owners.step(new Order(OwnedCurvature.version(groups), fold, dampings, later), gradients, updates);
        for (CurvatureGroup group : groups) {
            List<INDArray> own = places.of(group, gradients);
            List<INDArray> preconditioned = places.of(group, updates);
            for (int i = 0; i < own.size(); i++) {
                ParameterMatrix matrix = group.matrices().get(i);
                matrix.update().assign(preconditioned.get(i));
                products.accept(matrix, own.get(i));
            }
        }
    }
}
