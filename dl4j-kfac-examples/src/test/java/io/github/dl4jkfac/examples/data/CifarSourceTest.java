package io.github.dl4jkfac.examples.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.examples.failures.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarSourceTest {

    private static final List<String> LABELS = List.of("bird", "cat", "ship");

    @TempDir
    private Path folder;

    @Test
    void readsClassFoldersAndZipFilesAlike() throws IOException {
        ColourImages.write(folder.resolve("plain/cifar10"), LABELS, 4, 2);
        Path zip = ColourImages.zip(folder.resolve("images.zip"), LABELS, 4, 2);

        for (LabelledSplit split : List.of(load(folder.resolve("plain")), load(zip))) {
            assertThat(split.train().count()).isEqualTo(12);
            assertThat(split.test().count()).isEqualTo(6);
            assertThat(split.train().classes()).isEqualTo(3);
            Set<String> seen = new TreeSet<>();
            for (int i = 0; i < 12; i++) {
                // Red is the label and blue is 7: neither order of labels nor of channels is mixed up.
                assertThat(split.train().value(i, 0)).isEqualTo(split.train().label(i));
                assertThat(split.train().value(i, 3 * 1023 + 2)).isEqualTo(7);
                seen.add(split.train().value(i, 0) + "/" + split.train().value(i, 1));
            }
            assertThat(seen).as("every image once").hasSize(12);
        }
    }

    @Test
    void theFirstImagesAreOfAllClasses() throws IOException {
        ColourImages.write(folder, LABELS, 30, 1);
        LabelledData first = load(folder).train().first(30);
        assertThat(first.count()).isEqualTo(30);
        Set<Integer> labels = new TreeSet<>();
        for (int i = 0; i < first.count(); i++) {
            labels.add(first.label(i));
        }
        assertThat(labels).containsExactly(0, 1, 2);
    }

    @Test
    void whatIsMissingOrDamagedIsNamed() throws IOException {
        assertRefused(folder.resolve("none"), "does not exist");
        assertRefused(folder, "no CIFAR-10 in");
        assertRefused(Files.writeString(folder.resolve("a.zip"), "no zip"), "cannot read");
        ColourImages.write(folder, LABELS, 2, 1);
        Path image = folder.resolve("train/cat/1.png");
        Files.writeString(image, "no image");
        assertRefused(folder, "is no readable image");
        ColourImages.writeImage(image, 28, 0);
        assertRefused(folder, "28x28 pixels, not 32x32");
        ColourImages.writeImage(image, 32, 0);
        Files.createDirectory(folder.resolve("test/dog"));
        assertRefused(folder, "are not those of");
    }

    @Test
    void generatedImagesAreTheSameForASeedAndOfAllClasses() {
        LabelledSplit split = ShapesSource.generate(3, 200, 100);
        LabelledSplit more = ShapesSource.generate(3, 300, 100);
        int[] counts = new int[ShapesSource.CLASSES];
        for (int i = 0; i < 200; i++) {
            counts[split.train().label(i)]++;
            assertThat(more.train().label(i)).isEqualTo(split.train().label(i));
            assertThat(more.train().value(i, 1500)).isEqualTo(split.train().value(i, 1500));
        }
        assertThat(counts).doesNotContain(0);
        assertThat(bytes(ShapesSource.generate(4, 200, 100).train())).isNotEqualTo(bytes(split.train()));
    }

    private static byte[] bytes(LabelledData data) {
        byte[] all = new byte[data.count() * data.size()];
        for (int i = 0; i < data.count(); i++) {
            data.copy(i, all, i * data.size());
        }
        return all;
    }

    private void assertRefused(Path place, String message) {
        assertThatThrownBy(() -> load(place)).isInstanceOf(UserError.class).hasMessageContaining(message);
    }

    private static LabelledSplit load(Path place) {
        return CifarSource.load(DataSets.Choice.AUTO, place, notice -> {});
    }
}
