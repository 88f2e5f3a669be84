package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.solve.BlasThreads;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/**
 * What a command did.
 *
 * @param code exit code
 * @param out standard output
 * @param err standard error
 */
record CommandRunner(int code, String out, String err) {

    static {
        // Networks this small gain nothing from threads, and lose much to them on a busy machine.
        BlasThreads.set(1);
    }

    static CommandRunner run(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        int code = command.execute(args);
        return new CommandRunner(code, out.toString(), err.toString());
    }

    /** The command on a small network and few images. */
    static CommandRunner runSmall(Path out, String... args) {
        String small = "--dataset curves --layers 784-32-8-32-784 --train-size 200 --test-size 100 --out " + out;
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of(small.split(" ")));
        return run(all.toArray(String[]::new));
    }
}
