import { PhotonImage } from "@cf-wasm/photon/node";
/** A picture is seen as so many fields across and down. */
const FIELDS = 4;
const CHANNELS = ["red", "green", "blue"].length;
/**
 * How far two pictures are from showing the same, whatever their size and format: the largest difference between the
 * average colours of the same field in both, in parts of 255. A blank or a cropped one is far from its original.
 * @param picture JPEG, PNG or WebP
 * @throws when one cannot be decoded
 */
export function unlikeness(picture, other) {
    const colours = averageColours(other);
    return Math.max(...averageColours(picture).map((colour, index) => Math.abs(colour - (colours[index] ?? 0))));
}
function averageColours(picture) {
    const image = PhotonImage.new_from_byteslice(picture);
    try {
        const [width, height, pixels] = [image.get_width(), image.get_height(), image.get_raw_pixels()];
        const sums = new Float64Array(FIELDS * FIELDS * CHANNELS);
        const counts = new Float64Array(sums.length);
        for (let at = 0; at < width * height; at++) {
            const column = Math.floor(((at % width) * FIELDS) / width);
            const row = Math.floor((Math.floor(at / width) * FIELDS) / height);
            for (let channel = 0; channel < CHANNELS; channel++) {
                const field = (row * FIELDS + column) * CHANNELS + channel;
                // Photon's pixels are red, green, blue, alpha.
                sums[field] = (sums[field] ?? 0) + (pixels[at * 4 + channel] ?? 0);
                counts[field] = (counts[field] ?? 0) + 1;
            }
        }
        return [...sums].map((sum, field) => sum / (counts[field] ?? 1));
    }
    finally {
        image.free();
    }
}
