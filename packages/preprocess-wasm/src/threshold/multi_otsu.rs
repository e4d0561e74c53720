//! Otsu's method for three or four classes: the two or three levels that best separate them.
//!
//! P.-S. Liao, T.-S. Chen and P.-C. Chung, "A fast algorithm for multilevel thresholding", Journal of Information
//! Science and Engineering 17(5), 2001. Types and order of the floating-point operations are those of scikit-image
//! `skimage/filters/_multiotsu.pyx`, `_get_multiotsu_thresh_indices_lut`, since on ties the last bit decides.

use crate::histogram::Histogram;

/// `table[i][j]`: the contribution of a class of levels i to j to the variance between classes. Only i <= j is used;
/// 256 KB.
pub type ClassTable = [[f32; 256]; 256];

/// Writes the 2 or 3 levels `t` that maximize the variance between the classes `level <= t[0]`, `t[0] < level <= t[1]`,
/// ...; the first of equals in lexical order. At least one level more than there are thresholds occurs in `counts`;
/// `table` is scratch.
///
/// ```text
/// variance(a, .., c) = table[0][a] + table[c + 1][last] + table[a + 1][b] + table[b + 1][c]
/// ```
pub fn multi_otsu_thresholds(counts: &Histogram, table: &mut ClassTable, thresholds: &mut [u8]) {
    let classes = thresholds.len() + 1;
    assert!(matches!(classes, 3 | 4));
    let (mut levels, mut lowest, mut highest) = (0, 0, 0);
    for (level, &count) in counts.iter().enumerate() {
        if count > 0 {
            if levels == 0 {
                lowest = level;
            }
            // If no more levels occur than there are classes, each is a class: these are the thresholds.
            if let Some(threshold) = thresholds.get_mut(levels) {
                *threshold = level as u8;
            }
            levels += 1;
            highest = level;
        }
    }
    assert!(levels >= classes);
    if levels == classes {
        return;
    }

    // scikit-image counts levels from the lowest that occurs.
    let last = highest - lowest;
    fill_table(counts, lowest, last, table);
    let mut lightest = [0.0; 256];
    for (part, row) in lightest.iter_mut().zip(&table[1..=last]) {
        *part = row[last];
    }

    let mut largest_variance = 0.0;
    for a in 0..=last - thresholds.len() {
        // Of three classes, no class lies between a and b: b is a, and adds 0.
        let seconds = if classes == 3 { a..a + 1 } else { a + 1..last - 1 };
        for b in seconds {
            let (darkest, second) = (table[0][a], if a == b { 0.0 } else { table[a + 1][b] });
            let thirds = table[b + 1][..last].iter().zip(&lightest[..last]).enumerate().skip(b + 1);
            for (c, (third, lightest)) in thirds {
                let variance = darkest + lightest + second + third;
                if variance > largest_variance {
                    largest_variance = variance;
                    for (threshold, level) in thresholds.iter_mut().rev().zip([c, b, a]) {
                        *threshold = (lowest + level) as u8;
                    }
                }
            }
        }
    }
}

/// Fills the table for the levels from `lowest` to `lowest + last`.
///
/// ```text
/// P[i] = sum of shares up to i       S[i] = sum of share * level up to i
/// table[i][j] = (S[j] - S[i - 1])^2 / (P[j] - P[i - 1])          0 where no such level occurs
/// ```
fn fill_table(counts: &Histogram, lowest: usize, last: usize, table: &mut ClassTable) {
    let pixels: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    // One place later than in the formulas: the first is that of i - 1 = -1.
    let (mut p, mut s) = ([0.0_f32; 257], [0.0_f32; 257]);
    for (level, &count) in counts[lowest..=lowest + last].iter().enumerate() {
        let share = (f64::from(count) / pixels as f64) as f32;
        p[level + 1] = p[level] + share;
        // scikit-image counts the lowest level as 1, not 0, and leaves the class of this level alone at 0.
        s[level + 1] = s[level] + level.max(1) as f32 * share;
    }
    for (i, row) in table.iter_mut().enumerate().take(last + 1) {
        for (j, part) in row.iter_mut().enumerate().take(last + 1).skip(i) {
            let (share, moment) = (p[j + 1] - p[i], s[j + 1] - s[i]);
            *part = if share > 0.0 { moment * moment / share } else { 0.0 };
        }
    }
    table[0][0] = 0.0;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thresholds_of<const N: usize>(levels: &[(u8, u32)]) -> [u8; N] {
        let mut counts = [0; 256];
        for &(level, count) in levels {
            counts[usize::from(level)] = count;
        }
        let mut table = vec![[9.0; 256]; 256];
        let mut thresholds = [99; N];
        multi_otsu_thresholds(&counts, table.as_mut_slice().try_into().unwrap(), &mut thresholds);
        thresholds
    }

    #[test]
    fn as_many_levels_as_classes_are_a_class_each() {
        assert_eq!(thresholds_of([(3, 5), (200, 1), (255, 9)].as_slice()), [3, 200]);
        assert_eq!(thresholds_of([(0, 5), (7, 5), (9, 1), (255, 9)].as_slice()), [0, 7, 9]);
    }

    #[test]
    fn groups_of_levels_are_split_between_the_groups() {
        let groups = [(10, 4), (12, 4), (100, 4), (103, 4), (200, 4), (201, 4)];
        assert_eq!(thresholds_of(&groups), [12, 103]);
    }

    #[test]
    #[should_panic]
    fn fewer_levels_than_classes_are_refused() {
        thresholds_of::<3>(&[(1, 1), (2, 1), (3, 1)]);
    }
}
