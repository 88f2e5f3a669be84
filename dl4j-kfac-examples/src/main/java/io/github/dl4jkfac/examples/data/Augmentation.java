package io.github.dl4jkfac.examples.data;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacv.Frame;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.datavec.image.data.ImageWritable;
import org.datavec.image.transform.BoxImageTransform;
import org.datavec.image.transform.CropImageTransform;
import org.datavec.image.transform.FlipImageTransform;

/**
 * The usual augmentation of CIFAR-10 (He et al. 2015, sec. 4.2) by DataVec's image transforms: each image is flipped
 * left to right with probability 1/2, padded on all sides by the mean colour, and cropped to its size at a random place.
 *
 * <p>The random choices are made here and handed to transforms that have none left: DataVec's own random transforms
 * seed and draw from ND4J's global stream, which would take a run's batches out of the hands of its seed.
 */
public final class Augmentation {

    private static final int PADDING = 4;
    private static final int HORIZONTAL = 1;

    private final int side;
    private final int channels;
    private final double[] border;

    /**
     * @param encoding the encoding of the images, whose mean colour becomes the border
     * @param side width and height of the images in pixels
     * @param channels bytes per pixel, at most 4
     */
    public Augmentation(ColourEncoding encoding, int side, int channels) {
        this.side = side;
        this.channels = channels;
        this.border = Arrays.copyOf(encoding.means(), 4);
    }

    /**
     * @param images images one after the other, pixel by pixel with interleaved channels; replaced by their variants
     * @param random what chooses the variants
     */
    @SuppressWarnings({"try", "unchecked"}) // javac warns of scopes that no code refers to, and of JavaCPP's varargs
    void apply(byte[] images, SplittableRandom random) {
        int size = side * side * channels;
        // Native memory goes back at the end of the batch. The transforms remember matrices, so they go with it.
        try (PointerScope scope = new PointerScope()) {
            FlipImageTransform flip = new FlipImageTransform(HORIZONTAL);
            BoxImageTransform pad = new BoxImageTransform(side + 2 * PADDING, side + 2 * PADDING)
                    .borderValue(new Scalar(border[0], border[1], border[2], border[3]));
            Frame frame = new Frame(side, side, Frame.DEPTH_UBYTE, channels);
            for (int offset = 0; offset < images.length; offset += size) {
                write(images, offset, frame);
                ImageWritable image = new ImageWritable(frame);
                if (random.nextBoolean()) {
                    image = flip.transform(image, null);
                }
                int top = random.nextInt(2 * PADDING + 1);
                int left = random.nextInt(2 * PADDING + 1);
                CropImageTransform crop = new CropImageTransform(top, left, 2 * PADDING - top, 2 * PADDING - left);
                read(crop.transform(pad.transform(image, null), null).getFrame(), images, offset);
            }
        }
    }

    private void write(byte[] images, int offset, Frame frame) {
        ByteBuffer pixels = ((ByteBuffer) frame.image[0]).duplicate();
        for (int row = 0; row < side; row++) {
            pixels.position(row * frame.imageStride);
            pixels.put(images, offset + row * side * channels, side * channels);
        }
    }

    private void read(Frame frame, byte[] images, int offset) {
        ByteBuffer pixels = ((ByteBuffer) frame.image[0]).duplicate();
        for (int row = 0; row < side; row++) {
            pixels.position(row * frame.imageStride);
            pixels.get(images, offset + row * side * channels, side * channels);
        }
    }
}
