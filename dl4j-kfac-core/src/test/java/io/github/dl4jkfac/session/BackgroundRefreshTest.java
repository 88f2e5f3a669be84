package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.NaturalGradientUpdater;
import io.github.dl4jkfac.Structure;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.parallel.KFacParallel;
import io.github.dl4jkfac.solve.BlasThreads;
import io.github.dl4jkfac.testing.Fixtures;
import java.io.File;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.inverse.InvertMatrix;

/** Inverses that are computed while training goes on. */
class BackgroundRefreshTest {

    /** Statistics every 2 steps, inverses every 4; so it is from here on, before both are more frequent. */
    private static final int REGULAR = 16;

    @TempDir
    File folder;

    private static KFac.Builder background() {
        return Fixtures.kfac().backgroundRefresh();
    }

    static Stream<NaturalGradientUpdater> updaters() {
        return Stream.of(
                background().build(),
                background().automatic().build(),
                background().structure(Structure.BLOCK_TRIDIAGONAL).build(),
                EKFac.builder()
                        .statisticsInterval(2)
                        .basisInterval(4)
                        .backgroundRefresh()
                        .build());
    }

    @Test
    void inversesComeIntoForceWhenTheNextBatchEntersTheStatistics() {
        MultiLayerNetwork net = Fixtures.mlp(background().build(), DataType.DOUBLE);
        KFacListener.attach(net);
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, REGULAR + 3);
        Fixtures.fit(net, batches.subList(0, REGULAR));
        BoundBlock block = Fixtures.block(net, "0");
        Fixtures.fit(net, batches.get(REGULAR));
        assertThat(block.state().hasStagedDamping()).isTrue();
        INDArray factor = block.state().get("A").dup();
        INDArray before = block.state().get("A_inverse").dup();
        Fixtures.fit(net, batches.get(REGULAR + 1));
        assertThat(block.state().get("A_inverse")).isEqualTo(before);

        Fixtures.fit(net, batches.get(REGULAR + 2));
        assertThat(block.state().hasStagedDamping()).isFalse();
        assertThat(block.state().get("A")).as("the next batch has entered").isNotEqualTo(factor);
        // the inverse of what A was when it was staged, but for the damping on the diagonal
        INDArray difference =
                InvertMatrix.invert(block.state().get("A_inverse").dup(), false).subi(factor);
        double shift = difference.getDouble(0, 0);
        assertThat(shift).isPositive();
        for (int row = 0; row < factor.rows(); row++) {
            for (int column = 0; column <= row; column++) { // no other entries of a factor mean anything
                assertThat(difference.getDouble(row, column)).isCloseTo(row == column ? shift : 0, within(1e-9));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void trainingThatIsInterruptedWhileInversesAreComputedGoesOnBitEqual(NaturalGradientUpdater updater)
            throws Exception {
        int steps = REGULAR + 6;
        List<DataSet> batches = Fixtures.batches(DataType.FLOAT, steps);
        for (int interrupted : List.of(5, REGULAR + 1, REGULAR + 2)) {
            Model net = Fixtures.mlp(updater, DataType.FLOAT);
            KFacListener.attach(net);
            Fixtures.fit(net, batches.subList(0, interrupted));
            Model resumed = Fixtures.throughFile(net, new File(folder, "net.zip"));
            KFacListener.attach(resumed);
            Fixtures.fit(net, batches.subList(interrupted, steps));
            Fixtures.fit(resumed, batches.subList(interrupted, steps));
            Fixtures.assertSameTraining(resumed, net);
        }
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void whoComputesThemMakesNoDifference(NaturalGradientUpdater updater) {
        List<DataSet> batches = Fixtures.batches(DataType.FLOAT, REGULAR + 6);
        int threads = BlasThreads.get();
        try {
            BlasThreads.set(1);
            Model byOthers = trained(updater, batches);
            BlasThreads.set(Runtime.getRuntime().availableProcessors());
            Model stepByStep = trained(updater, batches);
            Fixtures.assertSameTraining(stepByStep, byOthers);
        } finally {
            BlasThreads.set(threads);
        }
    }

    private static Model trained(NaturalGradientUpdater updater, List<DataSet> batches) {
        Model net = Fixtures.mlp(updater, DataType.FLOAT);
        KFacListener.attach(net);
        Fixtures.fit(net, batches);
        return net;
    }

    @Test
    void parallelTrainingStagesThemToo() {
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, REGULAR + 6);
        // which draws no targets, so that the parts of a batch say what the whole says
        KFac atOnceUpdater =
                Fixtures.kfac().curvature(Curvature.EMPIRICAL_FISHER).build();
        KFac staged = atOnceUpdater.toBuilder().backgroundRefresh().build();
        Model alone = Fixtures.mlp(staged, DataType.DOUBLE);
        KFacListener.attach(alone);
        Fixtures.fit(alone, batches);
        Model leader = Fixtures.mlp(staged, DataType.DOUBLE);
        try (KFacParallel parallel = KFacParallel.builder(leader).workers(2).build()) {
            batches.forEach(batch -> parallel.step(List.of(batch)));
        }
        assertThat(Fixtures.distance(Fixtures.params(leader), Fixtures.params(alone)))
                .isLessThan(1e-8);
        Model atOnce = Fixtures.mlp(atOnceUpdater, DataType.DOUBLE);
        KFacListener.attach(atOnce);
        Fixtures.fit(atOnce, batches);
        assertThat(Fixtures.distance(Fixtures.params(atOnce), Fixtures.params(alone)))
                .isGreaterThan(1e-6);
    }

    /** A batch that overflows comes right when the staged inverses have been put in force; all of that is taken back. */
    @ParameterizedTest
    @MethodSource("updaters")
    void aBatchThatIsTakenBackTakesTheInversesBack(NaturalGradientUpdater updater) {
        List<DataSet> batches = Fixtures.batches(DataType.FLOAT, REGULAR + 6);
        DataSet overflowing = batches.get(3).copy();
        overflowing.getFeatures().muli(1e25);
        Model clean = Fixtures.mlp(updater, DataType.FLOAT);
        Model disturbed = Fixtures.mlp(updater, DataType.FLOAT);
        KFacListener.attach(clean);
        KFacListener listener = KFacListener.attach(disturbed);
        for (int i = 0; i < batches.size(); i++) {
            Fixtures.fit(clean, batches.get(i));
            Fixtures.fit(disturbed, batches.get(i));
            if (i == 5 || i == REGULAR + 1) {
                Fixtures.fit(disturbed, overflowing);
                ((MultiLayerNetwork) disturbed).setIterationCount(i + 1);
            }
        }
        assertThat(listener.report(disturbed).skippedBatches()).isEqualTo(2);
        assertThat(Fixtures.sameBits(Fixtures.params(disturbed), Fixtures.params(clean)))
                .isTrue();
        assertThat(Fixtures.sameBits(Fixtures.state(disturbed), Fixtures.state(clean)))
                .isTrue();
    }

    @Test
    void anotherUpdaterTakesOverWhatIsStaged() throws Exception {
        List<DataSet> batches = Fixtures.batches(DataType.FLOAT, REGULAR + 6);
        Model net = Fixtures.mlp(background().build(), DataType.FLOAT);
        KFacListener.attach(net);
        Fixtures.fit(net, batches.subList(0, REGULAR + 1));
        Model read = Fixtures.throughFile(net, new File(folder, "net.zip"));
        for (Model model : List.of(net, read)) {
            KFacListener.swapUpdater(model, background().momentum(0.3).build());
            KFacListener.attach(model);
            assertThat(Fixtures.block(model, "0").state().hasStagedDamping()).isTrue();
            Fixtures.fit(model, batches.subList(REGULAR + 1, REGULAR + 4));
            assertThat(Fixtures.block(model, "0").state().hasStagedDamping()).isFalse();
        }
        Fixtures.assertSameTraining(read, net);
    }

    @Test
    void anErrorComesOutWhenTheInversesAreToBePutInForce() {
        MultiLayerNetwork net = Fixtures.mlp(background().build(), DataType.FLOAT);
        KFacListener.attach(net);
        Fixtures.fit(net, Fixtures.batches(DataType.FLOAT, 3));
        BoundBlock block = Fixtures.block(net, "0");
        INDArray before = block.state().kept().dup();
        Refresh broken = new Refresh() {
            @Override
            public void compute() {
                throw new IllegalStateException("broken");
            }

            @Override
            public boolean commit() {
                throw new AssertionError("it has not been computed");
            }
        };
        StagedRefresh refresh =
                new StagedRefresh(List.of(group(block, broken)), new SafeRefresh(), new SpareCores(() -> 1));
        refresh.stage(any -> 0.5, 1, null);
        assertThatThrownBy(refresh::commit)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("broken");
        block.state().clearStagedDamping();
        before.putScalar(4, 0);
        INDArray after = block.state().kept().dup().putScalar(4, 0);
        assertThat(after).isEqualTo(before);
    }

    private static CurvatureGroup group(BoundBlock block, Refresh refresh) {
        return (CurvatureGroup) Proxy.newProxyInstance(
                CurvatureGroup.class.getClassLoader(),
                new Class<?>[] {CurvatureGroup.class},
                (self, method, values) -> switch (method.getName()) {
                    case "members" -> List.of(block);
                    case "stage" -> refresh;
                    case "refreshFlops" -> 1.0;
                    case "keepsRows" -> false;
                    case "equals" -> self == values[0];
                    default -> throw new AssertionError(method);
                });
    }

    @Test
    void spareCoresRunTasksInDaemonThreads() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(3);
        boolean[] isDaemon = new boolean[1];
        SpareCores cores = new SpareCores(() -> 2);
        assertThat(cores.run(List.of(
                        () -> {
                            isDaemon[0] = Thread.currentThread().isDaemon();
                            done.countDown();
                        },
                        done::countDown,
                        done::countDown)))
                .isTrue();
        assertThat(done.await(1, TimeUnit.MINUTES)).isTrue();
        assertThat(isDaemon[0]).isTrue();
        assertThat(new SpareCores(() -> 0).run(List.of(() -> {
                    throw new AssertionError("there is nobody to run it");
                })))
                .isFalse();
    }

    @Test
    void partsOfAStepByStepRefreshAreComputedBeforeItIsPutInForce() {
        MultiLayerNetwork net = Fixtures.mlp(background().build(), DataType.FLOAT);
        KFacListener.attach(net);
        Fixtures.fit(net, Fixtures.batches(DataType.FLOAT, 3));
        BoundBlock block = Fixtures.block(net, "0");
        int[] computed = new int[1];
        Refresh counting = new Refresh() {
            @Override
            public void compute() {
                computed[0]++;
            }

            @Override
            public boolean commit() {
                return true;
            }
        };
        StagedRefresh refresh =
                new StagedRefresh(List.of(group(block, counting)), new SafeRefresh(), new SpareCores(() -> 0));
        refresh.stage(any -> 0, 3, null);
        assertThat(computed[0]).isZero();
        assertThat(block.state().hasStagedDamping()).as("a damping of zero").isTrue();
        assertThat(block.state().stagedDamping()).isZero();
        refresh.advance();
        refresh.advance();
        refresh.advance();
        assertThat(computed[0]).isEqualTo(1);
        refresh.advance();
        refresh.commit();
        assertThat(computed[0]).isEqualTo(1);
        assertThat(block.state().hasStagedDamping()).isFalse();
    }
}
