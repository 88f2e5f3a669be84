package io.github.dl4jkfac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input ends with exit code 2 and one line that names the value; nothing is written. */
class CommandErrorsTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --learning-rate -0.1            | --learning-rate must be a positive number. Got: -0.1
            --learning-rate kfac=x          | --learning-rate kfac=x is no number
            --learning-rate sgd=0.1         | add sgd to --optimizers
            --learning-rate foo=0.1         | unknown optimizer 'foo'
            --learning-rate NaN             | --learning-rate must be a positive number. Got: NaN
            --damping -1                    | --damping must be zero or a positive number. Got: -1.0
            --momentum 1                    | --momentum must be within 0 and 1, 1 excluded. Got: 1.0
            --kl-clip 0                     | --kl-clip must be a positive number. Got: 0.0
            --statistics-interval 0         | --statistics-interval must be at least 1. Got: 0
            --inverse-interval -3           | --inverse-interval must be at least 1. Got: -3
            --relative-damping -1           | --relative-damping must be zero or a positive number. Got: -1.0
            --curvature hessian             | 'hessian'
            --optimizers kfac,foo           | unknown optimizer 'foo'; known are kfac, kfac-tridiagonal, ekfac, ief
            --dataset imagenet              | 'imagenet'
            --dataset shapes                | --dataset shapes is of no use here; take one of auto, mnist, curves
            --schedule cosine               | 'cosine'
            --evaluation-size 0             | --evaluation-size must be at least 1. Got: 0
            --data /does/not/exist          | --data /does/not/exist is no folder
            --resume /does/not/exist        | --resume /does/not/exist is no folder
            --batch 0                       | --batch must be at least 1. Got: 0
            --seconds 0                     | --seconds must be a positive number. Got: 0.0
            --steps -1                      | --steps must be at least 1. Got: -1
            --steps x                       | 'x'
            --threads 0                     | --threads must be within 1 and 1024. Got: 0
            --threads 100000                | --threads must be within 1 and 1024. Got: 100000
            --repeat 0                      | --repeat must be within 1 and 1000. Got: 0
            --evaluations 0                 | --evaluations must be within 1 and 100000. Got: 0
            --layers 784-10                 | --layers must be 784-...-784
            --weight-decay -1               | --weight-decay must be zero or a positive number. Got: -1.0
            --optimizers sgd --damping 1    | --damping is of no use to the chosen optimizers; it is for kfac
            --optimizers kfac --relative-damping 1 | --relative-damping is of no use to the chosen optimizers; it is for ief
            --optimizers ief --curvature exact_fisher | --curvature is of no use to the chosen optimizers; it is for kfac
            --optimizers sgd --beta 0.5     | --beta is of no use to the chosen optimizers; it is for adafisher, adafisherw, fadam, adam
            --dropout 0.1                   | '--dropout'
            --optimizer adam                | did you mean --optimizers
            --optimizers ,                  | --optimizers has an empty entry in ','; write one value, or several with ',' between
            --optimizers kfac,,adam         | --optimizers has an empty entry in 'kfac,,adam'
            --learning-rate ,               | --learning-rate has an empty entry in ','
            --layers -                      | --layers has an empty entry in '-'
            --layers 784-100000-784         | --layers must be 784-...-784 with sizes from 1 to 10000
            --seed 9223372036854775807 --repeat 2 | --seed 9223372036854775807 with --repeat 2 counts beyond the largest number of 64 bits
            --seed 9223372036854775808      | '9223372036854775808'
            --data=                         | --data needs a value; name a file or a folder
            --save=                         | --save needs a value
            --resume=                       | --resume needs a value
            """)
    void aBadValueIsNamed(String arguments, String message) {
        List<String> args = new ArrayList<>(List.of("mnist-autoencoder", "--out", folder.toString()));
        args.addAll(List.of(arguments.split(" ")));
        assertRefused(CommandRunner.run(args.toArray(String[]::new)), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            cifar --model lenet                           | 'lenet'
            cifar --dataset mnist                         | --dataset mnist is of no use here; take one of auto, cifar10
            cifar --data /does/not/exist                  | --data /does/not/exist does not exist
            cifar --dataset shapes --data x               | --data x is of no use to --dataset shapes
            cifar --l2 -1                                 | --l2 must be zero or a positive number. Got: -1.0
            sequence --length 10 --batch 30000            | --batch 30000 is more than the 20000 training examples
            sequence --task copy                          | 'copy'
            sequence --length 3                           | --length must be within 10 and 5000. Got: 3
            sequence --length 1000000                     | --length must be within 10 and 5000. Got: 1000000
            sequence --units 0                            | --units must be within 1 and 4000. Got: 0
            sequence --units 2000000000                   | --units must be within 1 and 4000. Got: 2000000000
            cifar --hidden 1000000                        | --hidden must be within 1 and 4000. Got: 1000000
            cifar --channels 8-8-8-8-8-8                  | --channels, their number, must be within 1 and 5. Got: 6
            bench --batches 10,,20                        | '' is not an int
            tune --seeds ,                                | --seeds has an empty entry in ','
            tune --learning-rates 1e-3,                   | --learning-rates has an empty entry in '1e-3,'
            quality --stages ,                            | --stages has an empty entry in ','
            quality --problem ,                           | --problem has an empty entry in ','
            quality --seed 9223372036854775807 --repeat 2 | --seed 9223372036854775807 with --repeat 2 counts beyond the largest number of 64 bits
            sequence --data /tmp                          | --data /tmp is of no use to the task memory
            sequence --task mnist-rows --dataset cifar10  | --dataset cifar10 is of no use here; take one of auto, mnist
            tune --problem imagenet                       | 'imagenet'
            tune --learning-rates NaN                     | --learning-rates must be a positive number. Got: NaN
            tune --learning-rates 0.1,Infinity            | --learning-rates must be a positive number. Got: Infinity
            tune --optimizers adam --learning-rates 0,1   | --learning-rates must be a positive number. Got: 0.0
            tune --optimizers sgd --dampings -1           | --dampings must be zero or a positive number. Got: -1.0
            tune --dampings NaN                           | --dampings must be zero or a positive number. Got: NaN
            tune --momentums 0.5,1                        | --momentums must be within 0 and 1, 1 excluded. Got: 1.0
            tune --kl-clips 0                             | --kl-clips must be a positive number. Got: 0.0
            tune --statistics-intervals 0                 | --statistics-intervals must be at least 1. Got: 0
            tune --inverse-intervals -2                   | --inverse-intervals must be at least 1. Got: -2
            quality --problem resnet                      | 'resnet'
            quality --methods kfac,foo                    | unknown method 'foo'; known are kfac, kfac-exact
            quality --methods exact                       | unknown method 'exact'
            quality --optimizer foo                       | unknown optimizer 'foo'
            quality --learning-rate 0                     | --learning-rate must be a positive number. Got: 0.0
            quality --stages 10,5                         | --stages must be rising numbers of steps from 0. Got: [10, 5]
            quality --stages -1                           | --stages must be rising numbers of steps from 0. Got: [-1]
            quality --batches 0                           | --batches must be at least 1. Got: 0
            quality --batch 0                             | --batch must be at least 1. Got: 0
            quality --dataset shapes --batch 30000        | --batch 30000 is more than the 20000 training examples
            quality --warm-up -1                          | --warm-up must be within 0 and 2147483647. Got: -1
            quality --dampings 1,0                        | --dampings must be a positive number. Got: 0.0
            quality --exact-damping 0                     | --exact-damping must be a positive number. Got: 0.0
            quality --exact-iterations 0                  | --exact-iterations must be at least 1. Got: 0
            quality --repeat 0                            | --repeat must be within 1 and 1000. Got: 0
            quality --dataset curves                      | --dataset curves is of no use here; take one of auto, mnist, shapes
            quality --data /does/not/exist                | --data /does/not/exist is no folder
            """)
    void otherProblemsNameTheirBadValues(String line, String message) {
        List<String> args = new ArrayList<>(List.of(line.split(" ")));
        args.addAll(List.of("--out", folder.toString()));
        assertRefused(CommandRunner.run(args.toArray(String[]::new)), message);
    }

    @Test
    void aBatchOfMoreThanAllImagesIsNamed() {
        assertRefused(
                CommandRunner.run(
                        "mnist-autoencoder",
                        "--dataset",
                        "curves",
                        "--train-size",
                        "50",
                        "--batch",
                        "60",
                        "--out",
                        folder.toString()),
                "--batch 60 is more than the 50 training examples");
    }

    @Test
    void anOutputFolderThatCannotBeWrittenIsNamedBeforeAnythingElseHappens() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "in the way");
        CommandRunner result = CommandRunner.run(
                "mnist-autoencoder", "--out", file.resolve("out").toString());
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("cannot write to --out " + file).contains("name another folder");
        assertThat(result.out()).isEmpty();
    }

    @Test
    void aDamagedCheckpointLeavesEarlierResultsAlone() throws IOException {
        Path out = Files.createDirectories(folder.resolve("out"));
        Path results = Files.writeString(out.resolve("results.csv"), "precious");
        Path saved = Files.createDirectories(folder.resolve("saved"));
        Files.writeString(saved.resolve("adam.zip"), "damaged");
        CommandRunner result = CommandRunner.run(
                "mnist-autoencoder",
                "--dataset",
                "curves",
                "--layers",
                "784-8-784",
                "--optimizers",
                "adam",
                "--out",
                out.toString(),
                "--resume",
                saved.toString());
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("adam.zip is no readable checkpoint").hasLineCount(1);
        assertThat(results).hasContent("precious");
        assertThat(saved.resolve("adam.zip")).hasContent("damaged");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tune --learning-rates 1,x", "tune --dampings -1", "bench --rounds 0", "bench --batches 0"})
    void otherCommandsRefuseBadValuesAsWell(String line) {
        List<String> args = new ArrayList<>(List.of(line.split(" ")));
        args.addAll(List.of("--out", folder.toString()));
        assertRefused(
                CommandRunner.run(args.toArray(String[]::new)), args.get(2).replace("1,", ""));
    }

    @Test
    void anEmptyOutputFolderIsAnError() {
        CommandRunner result = CommandRunner.run("mnist-autoencoder", "--out=");
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).hasLineCount(1).contains("--out needs a value; name a file or a folder");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mnist-autoencodr | there is no command 'mnist-autoencodr'; did you mean mnist-autoencoder? (
            xyz              | there is no command 'xyz'; there are mnist-autoencoder, cifar, sequence, tune, bench, kernels, quality, headline, parallel-autoencoder, spark-autoencoder, spark-cost, scaling, help (
            help xyz         | Unknown subcommand 'xyz'
            """)
    void anUnknownCommandIsAnErrorAndOthersAreNamed(String line, String message) {
        CommandRunner result = CommandRunner.run(line.split(" "));
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err())
                .hasLineCount(1)
                .startsWith("error: ")
                .contains(message)
                .contains("--help");
    }

    @Test
    void helpIsACommandAsWell() {
        assertThat(CommandRunner.run("help"))
                .isEqualTo(CommandRunner.run("--help"))
                .satisfies(result -> assertThat(result.code()).isZero());
        assertThat(CommandRunner.run("help", "cifar").out())
                .isEqualTo(CommandRunner.run("cifar", "--help").out());
    }

    @Test
    void withoutACommandTheUsageSaysWhichThereAre() {
        CommandRunner result = CommandRunner.run();
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).startsWith("Usage: dl4j-kfac").contains("mnist-autoencoder", "cifar", "quality");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mnist-autoencoder | Data,Training,Settings of the optimizers,Saving and continuing,Machine,Results
            cifar             | Problem,Data,Training,Settings of the optimizers,Saving and continuing,Machine,Results
            sequence          | Problem,Data,Training,Settings of the optimizers,Saving and continuing,Machine,Results
            tune              | Problem,Data,Training,Grid of settings,Machine,Results
            bench             | Problem,Data,Settings of the optimizers,Machine,Results
            quality           | Data,Measurements,Machine,Results
            """)
    void theHelpHasTheOptionsUnderHeadings(String command, String headings) {
        String help = CommandRunner.run(command, "--help").out();
        List<String> shown = help.lines()
                .skip(1) // the synopsis
                .filter(line -> line.matches("[A-Z][a-z ]+"))
                .toList();
        assertThat(shown).containsExactly(headings.split(","));
        assertThat(help.lines()
                        .filter(line -> line.contains("--optimizers") || line.contains("--methods"))
                        .count())
                .isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mnist-autoencoder", "cifar", "sequence", "tune", "bench", "quality"})
    void everyCommandHasHelp(String command) {
        CommandRunner result = CommandRunner.run(command, "--help");
        assertThat(result.code()).isZero();
        assertThat(result.out()).contains("Usage: dl4j-kfac " + command).contains("--threads");
        assertThat(CommandRunner.run("--version").out()).startsWith("dl4j-kfac");
    }

    private void assertRefused(CommandRunner result, String message) {
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err())
                .hasLineCount(1)
                .startsWith("error: ")
                .contains(message)
                .contains("--help");
        assertThat(folder).isEmptyDirectory();
    }
}
