package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.AdaFisher;
import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.diagnostics.SkipReason;
import io.github.dl4jkfac.testing.Fixtures;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.IUpdater;

/** Parts of a batch on their way from one machine to another. */
class BatchPartTest {

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT", "DOUBLE"})
    void aPartThatHasTravelledTakesTheSameStep(DataType type) throws IOException {
        INDArray here = afterAStep(type, false);
        INDArray there = afterAStep(type, true);
        assertThat(there).isEqualTo(here);
        assertThat(here).isNotEqualTo(network(new KFac(), type).params());
    }

    private static INDArray afterAStep(DataType type, boolean overTheWire) throws IOException {
        Model leader = network(new KFac(), type);
        JoinedStep step = new JoinedStep(leader);
        BatchPart part = part(step, type);
        BatchPart arrived = overTheWire ? BatchPart.read(step.layout(), in(bytes(part, step.layout()))) : part;
        step.take(List.of(arrived), batch(type));
        return leader.params();
    }

    @Test
    void reasonsToLeaveABatchOutTravelToo() throws IOException {
        Model leader = network(new KFac(), DataType.FLOAT);
        JoinedStep step = new JoinedStep(leader);
        MultiDataSet broken = batch(DataType.FLOAT);
        broken.getFeatures(0).putScalar(0, 0, Float.NaN);
        BatchPart part = step.newPass().run(broken, step.moment(), 0);
        assertThat(part.obstacle()).isEqualTo(SkipReason.DATA_NOT_FINITE);
        BatchPart arrived = BatchPart.read(step.layout(), in(bytes(part, step.layout())));
        assertThat(arrived.obstacle()).isEqualTo(part.obstacle());
        assertThat(arrived.place()).isEqualTo(part.place()).isNotEmpty();
        assertThat(arrived.statistics()).isNull();
    }

    @Test
    void partsOfOtherNetworksAreRefused() throws IOException {
        JoinedStep step = new JoinedStep(network(new KFac(), DataType.FLOAT));
        byte[] bytes = bytes(part(step, DataType.FLOAT), step.layout());
        for (IUpdater other : new IUpdater[] {new EKFac(), AdaFisher.builder().build()}) {
            long layout = new JoinedStep(network(other, DataType.FLOAT)).layout();
            assertThatThrownBy(() -> BatchPart.read(layout, in(bytes)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("same network");
        }
        assertThat(new JoinedStep(network(new KFac(), DataType.DOUBLE)).layout())
                .isNotEqualTo(step.layout());
    }

    @Test
    void otherVersionsAreRefused() throws IOException {
        JoinedStep step = new JoinedStep(network(new KFac(), DataType.FLOAT));
        byte[] bytes = bytes(part(step, DataType.FLOAT), step.layout());
        bytes[7]++; // the version is the second number
        assertThatThrownBy(() -> BatchPart.read(step.layout(), in(bytes)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("same version");
    }

    private static Model network(IUpdater updater, DataType type) {
        Model network = Fixtures.Kind.SEQUENTIAL.create(updater, type);
        KFacListener.attach(network);
        return network;
    }

    private static BatchPart part(JoinedStep step, DataType type) {
        BatchPart part = step.newPass().run(batch(type), step.moment(), 0);
        assertThat(part.statistics()).isNotNull();
        return part;
    }

    private static MultiDataSet batch(DataType type) {
        return Fixtures.batch(type, Fixtures.BATCH, 1).toMultiDataSet();
    }

    private static byte[] bytes(BatchPart part, long layout) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        part.write(layout, new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    private static DataInputStream in(byte[] bytes) {
        return new DataInputStream(new ByteArrayInputStream(bytes));
    }
}
