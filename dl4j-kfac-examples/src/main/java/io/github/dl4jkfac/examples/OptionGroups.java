package io.github.dl4jkfac.examples;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Layout;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The options in a command's help, under headings: those of one class of options stand together. */
final class OptionGroups {

    private static final String OTHERS = "Results";

    private static final Map<Class<?>, String> HEADINGS = headings();

    private OptionGroups() {}

    private static Map<Class<?>, String> headings() {
        Map<Class<?>, String> headings = new LinkedHashMap<>();
        headings.put(ProblemOptions.class, "Problem");
        headings.put(CifarCommand.class, "Problem");
        headings.put(SequenceCommand.class, "Problem");
        headings.put(AutoencoderOptions.class, "Problem");
        headings.put(ImageOptions.class, "Problem");
        headings.put(SequenceOptions.class, "Problem");
        headings.put(DataOptions.class, "Data");
        headings.put(RunOptions.class, "Training");
        headings.put(OptimizerOptions.class, "Settings of the optimizers");
        headings.put(GridOptions.class, "Grid of settings");
        headings.put(QualityOptions.class, "Measurements");
        headings.put(CheckpointOptions.class, "Saving and continuing");
        headings.put(ThreadOptions.class, "Machine");
        return headings;
    }

    /** @param command whose help is to be arranged */
    static void arrange(CommandLine command) {
        command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, OptionGroups::render);
    }

    private static String render(Help help) {
        List<OptionSpec> all = help.commandSpec().options();
        Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
        HEADINGS.values().forEach(heading -> groups.put(heading, new ArrayList<>()));
        all.forEach(option -> groups.computeIfAbsent(heading(option), key -> new ArrayList<>())
                .add(option));
        StringBuilder text = new StringBuilder();
        groups.forEach((heading, options) -> {
            if (options.stream().anyMatch(option -> !option.hidden())) {
                Layout layout = help.createDefaultLayout(all, List.of(), help.colorScheme());
                text.append(String.format("%n%s%n", heading))
                        .append(help.optionListExcludingGroups(
                                options, layout, null, help.createDefaultParamLabelRenderer()));
            }
        });
        return text.toString();
    }

    private static String heading(OptionSpec option) {
        return option.userObject() instanceof Field field
                ? HEADINGS.getOrDefault(field.getDeclaringClass(), OTHERS)
                : OTHERS;
    }
}
