package io.github.dl4jkfac.examples.data;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Size;

/** Square grey images made smaller by OpenCV: each new pixel is the mean over the area of the old image that it covers. */
public final class Downscaling {

    private Downscaling() {}

    /**
     * @param images square grey images with classes
     * @param side width and height to give them, at most what they have
     * @return the images in the new size, each with its class
     */
    public static LabelledSplit of(LabelledSplit images, int side) {
        int from = (int) Math.round(Math.sqrt(images.train().size()));
        if (side < 1 || side > from) {
            throw new IllegalArgumentException("images of side " + from + " cannot be made smaller to side " + side);
        }
        return new LabelledSplit(images.name(), of(images.train(), from, side), of(images.test(), from, side));
    }

    /** One below the other the images are a single picture: no new pixel covers parts of two of them. */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    private static LabelledData of(LabelledData images, int from, int to) {
        byte[] pixels = new byte[images.count() * images.size()];
        for (int i = 0; i < images.count(); i++) {
            images.copy(i, pixels, i * images.size());
        }
        byte[] scaled = new byte[images.count() * to * to];
        try (PointerScope scope = new PointerScope()) {
            Mat large = new Mat(images.count() * from, from, opencv_core.CV_8UC1, new BytePointer(pixels));
            Mat small = new Mat();
            Size size = new Size(to, images.count() * to);
            opencv_imgproc.resize(large, small, size, 0, 0, opencv_imgproc.INTER_AREA);
            small.data().get(scaled);
        }
        return images.withValues(scaled, to * to);
    }
}
