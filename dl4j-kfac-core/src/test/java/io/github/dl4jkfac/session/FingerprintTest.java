package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.testing.Fixtures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Same seeds, same parameters: for every updater on several networks. The checksums go to {@code target/fingerprints.txt}, which
 * tells whether two builds of the library take the same steps to the last bit; they differ from one processor to the next, and so
 * are compared, by {@code diff}, after both builds have run on the same machine:
 *
 * <pre>mvn -pl dl4j-kfac-core test -Dtest=FingerprintTest -Dtest.excluded=none</pre>
 */
@Tag("slow")
class FingerprintTest {

    private static final int STEPS = 20;
    private static final Map<String, String> FINGERPRINTS = new TreeMap<>();

    static Stream<Arguments> cases() {
        return OverflowTest.subjects().stream().map(subject -> Arguments.of(subject.updater(), subject.net()));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void sameSeedsMakeTheSameParameters(String updater, OverflowTest.Net net) {
        long fingerprint = fingerprint(train(updater, net));
        FINGERPRINTS.put(updater + ", " + net, Long.toHexString(fingerprint));
        assertThat(fingerprint(train(updater, net))).isEqualTo(fingerprint);
    }

    private static INDArray train(String updater, OverflowTest.Net net) {
        Model model = net.create(OverflowTest.updaters().get(updater).get(), DataType.FLOAT);
        INDArray before = model.params().dup();
        KFacListener.attach(model);
        Fixtures.fit(model, net.batches(DataType.FLOAT, STEPS));
        assertThat(Fixtures.isFinite(model.params())).isTrue();
        assertThat(Fixtures.sameBits(model.params(), before)).isFalse();
        return model.params();
    }

    private static long fingerprint(INDArray parameters) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(8 * parameters.length()));
        for (double number : parameters.dup('c').data().asDouble()) {
            bytes.putDouble(number);
        }
        CRC32 crc = new CRC32();
        crc.update(bytes.array());
        return crc.getValue();
    }

    @AfterAll
    static void write() throws IOException {
        Files.write(
                Path.of("target", "fingerprints.txt"),
                FINGERPRINTS.entrySet().stream()
                        .map(entry -> entry.getKey() + ": " + entry.getValue())
                        .toList());
    }
}
