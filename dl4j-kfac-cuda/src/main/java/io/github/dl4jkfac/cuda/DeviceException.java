package io.github.dl4jkfac.cuda;

/** Says that a device, and not the matrix, is the reason why there is no result. */
final class DeviceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What a later attempt can hope for. */
    enum Kind {
        /** The device has no memory left for a matrix of this size. */
        OUT_OF_MEMORY,
        /** A routine has refused its work. */
        REFUSED,
        /** The device answers no more in this process. */
        LOST
    }

    /** What a later attempt can hope for. */
    private final Kind kind;

    DeviceException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }
}
