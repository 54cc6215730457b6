type Labels = Readonly<Record<string, string | number>>;

/** A metric as it is exposed, with a value for each set of labels. */
export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** What a histogram's samples add to its name: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
}

/** Metrics in the text format of Prometheus, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). */
export function prometheusText(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, type, help, samples }) => [
    `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(({ labels, value, suffix = "" }) => `${name}${suffix}${labelled(labels)} ${value}`),
  ]);
  return `${lines.join("\n")}\n`;
}

/** The samples of a histogram. @param counts how many in each bucket, and above the last */
export function histogram(labels: Labels, ends: readonly number[], counts: readonly number[], sum: number): Sample[] {
  let below = 0;
  const buckets = [...ends, "+Inf"].map((le, index): Sample => {
    below += counts[index] ?? 0;
    return { suffix: "_bucket", labels: { ...labels, le }, value: below };
  });
  return [...buckets, { suffix: "_sum", labels, value: sum }, { suffix: "_count", labels, value: below }];
}

function labelled(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
