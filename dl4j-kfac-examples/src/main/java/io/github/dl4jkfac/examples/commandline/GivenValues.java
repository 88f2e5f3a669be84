package io.github.dl4jkfac.examples.commandline;

import java.nio.file.Path;
import java.util.Arrays;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Refuses options that were given without a value where they need one: {@code --out=}, {@code --optimizers=,} and the like. */
public final class GivenValues {

    private GivenValues() {}

    /**
     * @param parsed what was given
     * @throws ParameterException naming the first option that lacks a value
     */
    public static void check(ParseResult parsed) {
        for (OptionSpec option : parsed.matchedOptions()) {
            if (isList(option)) {
                checkList(parsed, option);
            } else if (option.type() == Path.class
                    && option.stringValues().stream().anyMatch(String::isBlank)) {
                throw missing(parsed, option, "needs a value; name a file or a folder");
            }
        }
        parsed.subcommands().forEach(GivenValues::check);
    }

    private static boolean isList(OptionSpec option) {
        return !option.splitRegex().isEmpty();
    }

    private static void checkList(ParseResult parsed, OptionSpec option) {
        // of a text like ",," nothing is left but the text itself
        boolean blank = option.originalStringValues().stream()
                .flatMap(text -> Arrays.stream(text.split(option.splitRegex(), -1)))
                .anyMatch(String::isBlank);
        if (blank || option.originalStringValues().isEmpty()) {
            throw missing(
                    parsed,
                    option,
                    "has an empty entry in '" + String.join(" ", option.originalStringValues())
                            + "'; write one value, or several with '" + option.splitRegex() + "' between them");
        }
    }

    private static ParameterException missing(ParseResult parsed, OptionSpec option, String what) {
        return new ParameterException(parsed.commandSpec().commandLine(), option.longestName() + " " + what);
    }
}
