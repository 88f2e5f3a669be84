package io.github.dl4jkfac.examples.quality;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The two claims of Wu et al. (2024) in figures: how often the indicator of the improved empirical Fisher is below that of its
 * rivals, over stages and seeds, and whether that stays so, and the indicator where it is, as the damping changes.
 */
final class QualityClaims {

    /** The improved form before the one that it is compared with. */
    private static final List<List<StudiedMethod>> PAIRS = List.of(
            List.of(StudiedMethod.IEF, StudiedMethod.EF),
            List.of(StudiedMethod.IEF, StudiedMethod.SF),
            List.of(StudiedMethod.KFAC_IEF, StudiedMethod.KFAC_EF),
            List.of(StudiedMethod.KFAC_IEF, StudiedMethod.KFAC),
            List.of(StudiedMethod.EKFAC_IEF, StudiedMethod.EKFAC));

    private final QualityTable own;
    private final QualityTable sweep;

    /**
     * @param own measurements with the methods' own damping
     * @param sweep those with other dampings
     */
    QualityClaims(QualityTable own, QualityTable sweep) {
        this.own = own;
        this.sweep = sweep;
    }

    /** @return a sentence per pair of methods and per method whose damping was changed */
    @Override
    public String toString() {
        Stream<String> first = PAIRS.stream().map(pair -> compare(pair.get(0), pair.get(1), own, ""));
        Stream<String> second =
                PAIRS.stream().map(pair -> compare(pair.get(0), pair.get(1), sweep, ", over all dampings"));
        Stream<String> third =
                sweep.candidates().stream().map(Candidate::method).distinct().map(this::range);
        StringBuilder text = new StringBuilder();
        Stream.of(first, second, third)
                .flatMap(lines -> lines)
                .filter(Objects::nonNull)
                .forEach(line -> text.append(line).append(System.lineSeparator()));
        return text.toString();
    }

    private static String compare(StudiedMethod improved, StudiedMethod rival, QualityTable table, String scope) {
        int all = 0;
        int below = 0;
        for (Candidate candidate : of(improved, table)) {
            Candidate other = new Candidate(rival, candidate.damping());
            for (int stage : table.stages()) {
                QualityTable.Cell one = table.cell(candidate, stage).orElse(null);
                QualityTable.Cell two = table.cell(other, stage).orElse(null);
                if (one != null && two != null) {
                    all += one.bySeed().size();
                    below += (int) one.bySeed().keySet().stream()
                            .filter(seed -> one.mean(seed) < two.mean(seed))
                            .count();
                }
            }
        }
        return all == 0
                ? null
                : String.format(
                        Locale.ROOT,
                        "%s is below %s in %d of %d means over batches (stages and seeds%s)",
                        improved.id(),
                        rival.id(),
                        below,
                        all,
                        scope);
    }

    private static List<Candidate> of(StudiedMethod method, QualityTable table) {
        return table.candidates().stream()
                .filter(candidate -> candidate.method() == method)
                .toList();
    }

    /** @return by which factor the damping changes the indicator, at the stage where that is largest */
    private String range(StudiedMethod method) {
        double largest = 1;
        int where = sweep.stages().get(0);
        for (int stage : sweep.stages()) {
            List<Double> means = new ArrayList<>();
            of(method, sweep)
                    .forEach(candidate -> sweep.cell(candidate, stage)
                            .ifPresent(cell -> means.add(cell.spread().mean())));
            double range = means.stream().mapToDouble(x -> x).max().orElse(1)
                    / means.stream().mapToDouble(x -> x).min().orElse(1);
            if (!(range <= largest)) {
                largest = range;
                where = stage;
            }
        }
        return String.format(
                Locale.ROOT,
                "over the dampings the indicator of %s changes by a factor of up to %.2f (at step %d)",
                method.id(),
                largest,
                where);
    }
}
