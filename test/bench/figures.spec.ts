import { metricSum, percentile, residentBytes } from "./figures";

describe("the figures of a bench", () => {
  it("a percentile is the sample at the nearest rank", () => {
    const samples = [5, 1, 4, 2, 3];
    expect(percentile(samples, 0.5)).toBe(3);
    expect(percentile(samples, 0.99)).toBe(5);
    expect(percentile(samples, 0)).toBe(1);
    expect(percentile([], 0.5)).toBeNaN();
  });

  it("resident memory is read from /proc/PID/status", () => {
    expect(residentBytes("VmPeak:\t 9 kB\nVmRSS:\t   2048 kB\n")).toBe(2 ** 21);
    expect(residentBytes("State: Z\n")).toBeNaN();
  });

  it("a metric is summed over its labels, and its namesakes are left out", () => {
    const text = [
      "# TYPE queries_total counter",
      'queries_total{role="app"} 3',
      'queries_total{role="worker"} 4.5',
      "queries_total_created 1000",
    ].join("\n");
    expect(metricSum(text, "queries_total")).toBe(7.5);
    expect(metricSum(text, "queries")).toBeNaN();
  });
});
