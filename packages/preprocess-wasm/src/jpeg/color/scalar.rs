//! Chroma interpolation and conversion, value by value.

use super::Rounding;

/// `3 near + far` of `count` samples.
pub fn column_sums(near: &[u8], far: &[u8], count: usize, sums: &mut [u16]) {
    for ((sum, &near), &far) in sums.iter_mut().zip(near).zip(far).take(count) {
        *sum = 3 * u16::from(near) + u16::from(far);
    }
}

/// `count` samples.
pub fn copy(samples: &[u8], count: usize, sums: &mut [u16]) {
    for (sum, &sample) in sums.iter_mut().zip(samples).take(count) {
        *sum = u16::from(sample);
    }
}

/// Twice `count` samples of `sums`, which has one more at each end.
pub fn interpolate(sums: &[u16], count: usize, Rounding { even, odd, shift }: Rounding, row: &mut [u8]) {
    for (two, sums) in row.chunks_exact_mut(2).zip(sums.windows(3)).take(count) {
        two[0] = ((3 * sums[1] + sums[0] + even) >> shift) as u8;
        two[1] = ((3 * sums[1] + sums[2] + odd) >> shift) as u8;
    }
}

/// `width` RGB pixels.
pub fn rgb(luma: &[u8], blue: &[u8], red: &[u8], width: usize, pixels: &mut [u8]) {
    let samples = luma.iter().zip(blue).zip(red).take(width);
    for (pixel, ((&luma, &blue), &red)) in pixels.chunks_exact_mut(3).zip(samples) {
        let [luma, blue, red] = [i32::from(luma), i32::from(blue) - 128, i32::from(red) - 128];
        let levels = [
            luma + ((91_881 * red + 32_768) >> 16),
            luma + ((-22_554 * blue - 46_802 * red + 32_768) >> 16),
            luma + ((116_130 * blue + 32_768) >> 16),
        ];
        for (value, level) in pixel.iter_mut().zip(levels) {
            *value = level.clamp(0, 255) as u8;
        }
    }
}
