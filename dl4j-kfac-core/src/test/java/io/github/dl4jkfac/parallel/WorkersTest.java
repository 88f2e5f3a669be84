package io.github.dl4jkfac.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkersTest {

    private final Workers workers = new Workers(3, Duration.ofSeconds(60));

    @AfterEach
    void end() {
        workers.close();
    }

    @Test
    void resultsComeInTheOrderOfTheTasksWhoeverIsFirst() {
        CountDownLatch lastIsDone = new CountDownLatch(1);
        List<String> results = workers.all(List.of(
                () -> {
                    lastIsDone.await();
                    return "first";
                },
                () -> "second",
                () -> {
                    lastIsDone.countDown();
                    return "third";
                }));
        assertThat(results).containsExactly("first", "second", "third");
    }

    @Test
    void theFirstFailureComesOutWhenAllHaveEnded() {
        Queue<String> ended = new ConcurrentLinkedQueue<>();
        List<Callable<String>> tasks = List.of(
                () -> {
                    Thread.sleep(50);
                    ended.add("slow");
                    return "";
                },
                () -> {
                    throw new IllegalArgumentException("of the second");
                },
                () -> {
                    throw new IllegalArgumentException("of the third");
                });
        assertThatThrownBy(() -> workers.all(tasks))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("of the second");
        assertThat(ended).containsExactly("slow");
    }

    @Test
    void errorsComeOutAsTheyAre() {
        assertThatThrownBy(() -> workers.all(List.<Callable<String>>of(() -> {
                    throw new OutOfMemoryError("of the test");
                })))
                .isInstanceOf(OutOfMemoryError.class)
                .hasMessage("of the test");
    }

    @Test
    void sharedTasksAreEachDoneOnce() {
        Queue<Integer> done = new ConcurrentLinkedQueue<>();
        workers.share(IntStream.range(0, 20)
                .mapToObj(i -> (Runnable) () -> done.add(i))
                .toList());
        assertThat(done)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 20).boxed().toList());
        workers.share(List.of());
    }
}
