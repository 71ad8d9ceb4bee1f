import { type Chart, drawChart } from "./chart";
import type { Results } from "./results";
import { spreadOf } from "./summary";
import { megabytes, seconds } from "./table";

/** The chart of how long packing a set takes with each tool, with the size of what comes out; undefined without measurements. */
export function packingChart(results: Results, set: string): string | undefined {
    const wheels = results.sets.find(({ name }) => name === set);
    const bars: { -readonly [Key in keyof Chart["bars"][number]]: Chart["bars"][number][Key] }[] = [];
    for (const { id, title } of results.tools) {
        const choice = { tool: id, set, caches: "warm" } as const;
        const time = spreadOf(results.measurements, choice, "packageSeconds");
        const size = spreadOf(results.measurements, choice, "zipBytes");
        if (time === undefined || size === undefined) continue;
        const note = `${seconds(time.median)} s · ${megabytes(size.median)} MB`;
        bars.push({ label: title, value: time.median, note, highlighted: id === "ours" });
    }
    if (wheels === undefined || bars.length === 0) return undefined;
    bars.sort((one, other) => one.value - other.value);
    const { cpu, cores, node } = results.machine;
    const contents = set === "middle" ? " (requests, pydantic, numpy, pandas, boto3)" : "";
    return drawChart({
        title: "Packing a Lambda layer",
        subtitle: `${wheels.wheels} wheels${contents}: seconds, and size of the zip. pip's and Serverless's have byte code in them.`,
        bars,
        footnote: `Medians of npm run bench on ${cpu}, ${cores} cores, Node ${node}, ${results.date.slice(0, 10)}. Shorter is better.`,
    });
}
