package io.github.dl4jkfac.examples.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.examples.failures.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

class SequenceDataTest {

    @TempDir
    private Path folder;

    @Test
    void theClassIsTheOrderOfTheTwoSymbolsThatCount() {
        LabelledData sequences = TemporalOrderSource.generate(30).test();
        int[] classes = new int[TemporalOrderSource.CLASSES];
        for (int i = 0; i < sequences.count(); i++) {
            int label = 0;
            int found = 0;
            for (int time = 0; time < 30; time++) {
                int symbol = sequences.value(i, time);
                if (symbol >= 6) {
                    assertThat(time).isBetween(found == 0 ? 3 : 15, found == 0 ? 6 : 18);
                    label = 2 * label + symbol - 6;
                    found++;
                }
            }
            assertThat(found).isEqualTo(2);
            assertThat(sequences.label(i)).isEqualTo(label);
            classes[label]++;
        }
        assertThat(Arrays.stream(classes).min().orElseThrow()).isGreaterThan(1000);
    }

    @Test
    void symbolsBecomeOneHotOverTime() {
        LabelledData sequences = TemporalOrderSource.generate(12).test();
        Encoding encoding = new SymbolEncoding(TemporalOrderSource.SYMBOLS, 12);
        INDArray input = LabelledBatches.range(sequences, encoding, 3, 5).getFeatures();
        assertThat(input.shape()).containsExactly(2, 8, 12);
        assertThat(input.sumNumber().intValue()).isEqualTo(24);
        for (int time = 0; time < 12; time++) {
            assertThat(input.getInt(1, sequences.value(4, time), time)).isEqualTo(1);
        }
    }

    @Test
    void mnistIsReadRowByRow() throws IOException {
        IdxFiles.writeMnist(folder, 5, 3);
        writeLabels("train-labels-idx1-ubyte", 5);
        writeLabels("t10k-labels-idx1-ubyte", 3);
        LabelledSplit split = load();

        assertThat(split.train().count()).isEqualTo(5);
        assertThat(split.test().label(2)).isEqualTo(2);
        INDArray input =
                LabelledBatches.range(split.train(), new RowEncoding(28), 0, 1).getFeatures();
        assertThat(input.shape()).containsExactly(1, 28, 28);
        // Column 3 of row 2, which is pixel 59, at time 2.
        assertThat(input.getDouble(0, 3, 2)).isCloseTo(59 / 255., within(1e-6));
    }

    @Test
    void labelsThatAreMissingOrDoNotFitAreNamed() throws IOException {
        IdxFiles.writeMnist(folder, 5, 3);
        assertRefused("train-labels-idx1-ubyte");
        writeLabels("train-labels-idx1-ubyte", 4);
        writeLabels("t10k-labels-idx1-ubyte", 3);
        assertRefused("does not fit the images");
        Files.write(folder.resolve("train-labels-idx1-ubyte"), IdxFiles.content(IdxFiles.IMAGES, 5, 28, 28));
        assertRefused("is no IDX label file");
    }

    private void assertRefused(String message) {
        assertThatThrownBy(this::load).isInstanceOf(UserError.class).hasMessageContaining(message);
    }

    private LabelledSplit load() {
        return DataSets.labelled(DataSets.Choice.AUTO, folder, notice -> {});
    }

    private void writeLabels(String name, int count) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count);
        for (int i = 0; i < count; i++) {
            content.put((byte) i);
        }
        Files.write(folder.resolve(name), content.array());
    }
}
