// Time on processors. In: this process. Out: milliseconds.

/** Of all threads of this process, by the user and by the system, in milliseconds; after `before` if it is given. */
export function processorMilliseconds(before?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
