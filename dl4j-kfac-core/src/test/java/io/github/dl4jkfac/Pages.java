package io.github.dl4jkfac;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The pages of the documentation, as files of the repository. */
final class Pages {

    /** Tests run in the folder of their module. */
    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private static final Pattern FENCE = Pattern.compile("(?ms)^```(\\w*)\\R(.*?)^```");

    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *$");

    private Pages() {}

    /** A fenced block of a page. */
    record Snippet(Path page, int number, String text) {

        @Override
        public String toString() {
            return ROOT.relativize(page) + ", snippet " + number;
        }
    }

    /** All pages: those in the root folder and those in docs. */
    static List<Path> all() throws IOException {
        List<Path> pages = new ArrayList<>();
        for (Path folder : List.of(ROOT, ROOT.resolve("docs"))) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
            }
        }
        return pages;
    }

    /**
     * The fenced blocks of a language on a page.
     *
     * @param language such as {@code java}
     */
    static List<Snippet> snippets(Path page, String language) throws IOException {
        List<Snippet> snippets = new ArrayList<>();
        Matcher fence = FENCE.matcher(Files.readString(page));
        while (fence.find()) {
            if (fence.group(1).equals(language)) {
                snippets.add(new Snippet(page, snippets.size() + 1, fence.group(2)));
            }
        }
        return snippets;
    }

    /** The text of a page without its fenced blocks, in which neither headings nor links mean anything. */
    static String prose(Path page) throws IOException {
        return FENCE.matcher(Files.readString(page)).replaceAll("");
    }

    /** The anchors that a page's headings have on GitHub: lower case, without punctuation, spaces as hyphens. */
    static List<String> anchors(Path page) throws IOException {
        return HEADING.matcher(prose(page))
                .results()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .toList();
    }
}
