import type { Results } from "./results";
import { type Quantity, spreadOf, timesFloor, timesOurs, toolsOn } from "./summary";
import { megabytes, renderTables, seconds } from "./table";

/** The lines of the README's table: what one set took with each tool, warm, and how many times ours that is. */
export function measuredTable(results: Results, set: string): string[] {
    const { measurements, trees } = results;
    const rows = toolsOn(results, set).measured.map(({ id, title }) => {
        const choice = { tool: id, set, caches: "warm" } as const;
        const cell = (quantity: Quantity) => {
            const value = spreadOf(measurements, choice, quantity);
            if (value === undefined) return "–";
            const times = id === "ours" ? undefined : timesOurs(measurements, choice, quantity);
            const text = `${seconds(value.median)} s`;
            return times === undefined ? text : `${text} (${times.median.toFixed(1)}×)`;
        };
        const tree = trees.find((compared) => compared.tool === id && compared.set === set);
        const size = tree === undefined ? "–" : `${megabytes(tree.zipBytes)} MB`;
        return [title, cell("packageSeconds"), cell("createSeconds"), size];
    });
    return [
        "| | packing | the whole create | zip |",
        "|---|---|---|---|",
        ...rows.map((row) => `| ${row.join(" | ")} |`),
    ];
}

/** The sentences below that table, each with figures from the results alone. */
export function measuredSentences(results: Results, set: string): string[] {
    const { memory, stacks, state } = results;
    const floor = timesFloor(results, set);
    const many = stacks.at(-1);
    return [
        ...(floor === undefined
            ? []
            : [
                  `A warm create takes ${floor.median.toFixed(1)} times what hashing, copying, uploading and publishing the same wheels take in the plainest code.`,
              ]),
        ...(memory === undefined
            ? []
            : [
                  `The largest set holds ${megabytes(memory.createBytes - memory.idleBytes)} MB more memory than an idle provider.`,
              ]),
        ...(many === undefined || state === undefined
            ? []
            : [
                  `An unchanged preview of ${many.layers} layers of one lock of 500 packages takes ${seconds(many.preview.median)} s; of ${many.layers} dynamic resources that do nothing, ${seconds(many.trivialPreview.median)} s with one property and ${seconds(many.widePreview.median)} s with as many as a layer has.`,
              ]),
    ];
}

/** The page with everything that was measured. */
export const measuredPage = (results: Results): string =>
    [
        "# What was measured",
        "",
        "The last complete `npm run bench`; [how it measures](../bench/README.md), and [all figures](../bench/results.json).",
        "",
        "```",
        renderTables(results),
        "```",
        "",
    ].join("\n");
