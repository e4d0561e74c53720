// Whether one classifier is better than another on the same pictures, or chance explains the difference.

/**
 * The exact p-value of McNemar's test (Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
 * percentages", 1947): the probability that of pictures which just one of two equally good classifiers gets right, the shares are at
 * least as unequal as these. Twice the tail of a binomial distribution with probability 1/2, at most 1.
 *
 * @param onlyFirst number of pictures that only the first classifier got right
 * @param onlySecond number of pictures that only the second one got right
 */
export function mcNemar(onlyFirst: number, onlySecond: number): number {
  const [fewer, total] = [Math.min(onlyFirst, onlySecond), onlyFirst + onlySecond];
  // Terms C(total, k) / 2^total by their logarithms: neither fits a number for thousands of pictures.
  let logTerm = -total * Math.LN2;
  let tail = Math.exp(logTerm);
  for (let k = 1; k <= fewer; k++) {
    logTerm += Math.log((total - k + 1) / k);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}
