//! Histograms: the number of pixels of each gray level.

/// Counts of the 256 gray levels.
pub type Histogram = [u32; 256];

/// Counts of the 65,536 levels of 16-bit gray.
pub type Histogram16 = [u32; 65_536];

/// Tables that are used in turn, so that a run of equal pixels does not wait for its own last store.
const TABLES: usize = 16;

/// Counts from one table to the next, 16 more than it has. Without these, tables would be apart by parts of 4096 bytes,
/// which processors take for the same address when they look whether a load has to wait for a store.
const TABLE: usize = 256 + 16;

/// Pixels after which a 16-bit table could be full: every table sees one pixel in sixteen.
const PIXELS_BEFORE_FULL: usize = TABLES * u16::MAX as usize;

/// Counts the gray levels of `gray` into `counts`, which is overwritten. At most 2^32 - 1 pixels.
///
/// ```text
/// for each 16 pixels: tables[i][pixel[i]] += 1             16 tables of u16: 8.5 KB, stays in the L1 cache
/// counts[level] = sum of tables[..][level]                 before a table can be full
/// ```
pub fn histogram(gray: &[u8], counts: &mut Histogram) {
    counts.fill(0);
    for part in gray.chunks(PIXELS_BEFORE_FULL) {
        // One array: an array of arrays has an address for each, which do not all fit into registers.
        let mut tables = [0_u16; TABLES * TABLE];
        let mut steps = part.chunks_exact(TABLES);
        for step in steps.by_ref() {
            for (table, &level) in step.iter().enumerate() {
                tables[table * TABLE + usize::from(level)] += 1;
            }
        }
        for &level in steps.remainder() {
            counts[usize::from(level)] += 1;
        }
        for table in tables.chunks_exact(TABLE) {
            for (count, &part) in counts.iter_mut().zip(table) {
                *count += u32::from(part);
            }
        }
    }
}

/// As [`histogram`], for 16-bit levels. One table: eight would fill the L2 cache as well.
pub fn histogram_16(gray: &[u16], counts: &mut Histogram16) {
    counts.fill(0);
    for &level in gray {
        counts[usize::from(level)] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted_one_by_one(gray: &[u8]) -> Histogram {
        let mut counts = [0; 256];
        for &level in gray {
            counts[usize::from(level)] += 1;
        }
        counts
    }

    #[test]
    fn equals_counting_one_by_one_at_every_short_length() {
        let gray: Vec<u8> = (0..=65_u32).map(|i| (i * 97 % 256) as u8).collect();
        for length in 0..=65 {
            let mut counts = [7; 256];
            histogram(&gray[..length], &mut counts);
            assert_eq!(counts, counted_one_by_one(&gray[..length]), "length {length}");
        }
    }

    #[test]
    fn a_constant_plane_larger_than_a_16_bit_table_is_counted_whole() {
        let gray = vec![200; PIXELS_BEFORE_FULL + 9];
        let mut counts = [0; 256];
        histogram(&gray, &mut counts);
        assert_eq!(counts, counted_one_by_one(&gray));
    }

    #[test]
    fn sixteen_bit_levels_are_counted_from_0_to_65_535() {
        let mut counts = vec![7; 65_536];
        histogram_16(&[0, 65_535, 256, 256], counts.as_mut_slice().try_into().unwrap());
        let occurring: Vec<_> = counts.iter().enumerate().filter(|&(_, &count)| count > 0).collect();
        assert_eq!(occurring, [(0, &1), (256, &2), (65_535, &1)]);
    }
}
