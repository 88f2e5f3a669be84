package io.github.dl4jkfac.session;

import java.util.function.Supplier;

/** The memory that a session puts rows into, for tests that record rows without a session. */
public final class RowsMemory {

    private final RowsWorkspace workspace = new RowsWorkspace();

    /** Makes what is to be in the memory, after whatever was there has been forgotten. */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    public <T> T fill(Supplier<T> filling) {
        try (RowsWorkspace.Scope scope = workspace.begin()) {
            return filling.get();
        }
    }

    public void end() {
        workspace.end();
    }
}
