import type { Results, ToolInfo } from "./results";
import type { Spread } from "./statistics";
import { spread } from "./statistics";
import { type Choice, type Quantity, spreadOf, timesFloor, timesOurs, toolsOn } from "./summary";

/** Seconds to read: three digits, and never none behind the point below ten. */
export const seconds = (value: number): string => value.toFixed(value < 10 ? 2 : 1);

/** Bytes in decimal megabytes, as Lambda's limits are read. */
export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1);

/** `0.51 (0.49–0.55)`, or the value alone for a single run; a dash for nothing measured. */
export function range(value: Spread | undefined, format: (value: number) => string = seconds): string {
    if (value === undefined) return "–";
    const { median, min, max, runs } = value;
    return runs === 1 ? format(median) : `${format(median)} (${format(min)}–${format(max)})`;
}

/** Lines of a table whose columns are as wide as needed: the first to the left, the others to the right. */
export function layOut(rows: readonly (readonly string[])[]): string[] {
    const widths: number[] = [];
    for (const row of rows) {
        for (const [column, cell] of row.entries()) {
            widths[column] = Math.max(widths[column] ?? 0, cell.length);
        }
    }
    return rows.map((row) =>
        row
            .map((cell, column) => {
                const width = widths[column] ?? 0;
                return column === 0 ? cell.padEnd(width) : cell.padStart(width);
            })
            .join("   ")
            .trimEnd(),
    );
}

/** All results as text for a terminal. */
export function renderTables(results: Results): string {
    const { cpu, cores, memoryGB, node, system, load } = results.machine;
    return [
        `${results.date} · ${cpu}, ${cores} cores, ${memoryGB} GB · ${system} · Node ${node} · load average ${load} at the start`,
        results.index,
        "Medians (least–greatest). × is how many times ours, round by round. MB are 1,000,000 bytes.",
        ...results.sets.flatMap(({ name, wheels, wheelBytes }) => [
            "",
            `## ${name}: ${wheels} wheels, ${megabytes(wheelBytes)} MB`,
            ...toolTable(results, name),
            ...floorLines(results, name),
            ...treeLines(results, name),
        ]),
        ...memoryLines(results),
        ...manifestLines(results),
        ...stackLines(results),
        ...callLines(results),
        "",
        "## tools",
        ...results.tools.map(
            ({ title, how, unavailable }) =>
                `${title}: ${how}${unavailable === undefined ? "" : `; ${unavailable}`}`,
        ),
    ].join("\n");
}

function toolTable(results: Results, set: string): string[] {
    const { measurements, trees } = results;
    const columns: readonly [string, Choice["caches"], Quantity][] = [
        ["build", "warm", "buildSeconds"],
        ["package", "warm", "packageSeconds"],
        ["create", "warm", "createSeconds"],
        ["create, cold", "cold", "createSeconds"],
    ];
    const header = [
        "seconds",
        ...columns.flatMap(([title]) => (title === "build" ? [title] : [title, "×"])),
        "zip MB",
        "same files ×",
        "peak MB",
    ];
    const row = (tool: ToolInfo): string[] => {
        const cells = columns.flatMap(([title, caches, quantity]) => {
            const choice = { tool: tool.id, set, caches };
            const value = range(spreadOf(measurements, choice, quantity));
            if (title === "build") return [value];
            const times = timesOurs(measurements, choice, quantity);
            return [value, tool.id === "ours" || times === undefined ? "" : `${times.median.toFixed(1)}×`];
        });
        const warm = { tool: tool.id, set, caches: "warm" } as const;
        const tree = trees.find((compared) => compared.tool === tool.id && compared.set === set);
        const rounded = (bytes: number) => (bytes / 1e6).toFixed(0);
        return [
            tool.title,
            ...cells,
            tree === undefined ? "–" : megabytes(tree.zipBytes),
            tree === undefined || tool.id === "ours" ? "" : tree.sizeRatio.toFixed(3),
            range(spreadOf(measurements, warm, "peakBytes"), rounded).replace(/ .*/, ""),
        ];
    };
    const { measured, absent } = toolsOn(results, set);
    return [
        ...layOut([header, ...measured.map(row)]),
        ...absent.map(
            ({ title, unavailable }) => `${title}: not measured: ${unavailable ?? "not asked for"}`,
        ),
    ];
}

function floorLines(results: Results, set: string): string[] {
    const runs = results.floor.filter((run) => run.set === set);
    const names = Object.keys(runs[0]?.parts ?? {});
    if (names.length === 0) return [];
    const parts = names.map((name) => {
        const value = spread(runs.map((run) => run.parts[name] ?? 0));
        return `${name} ${seconds(value?.median ?? 0)}`;
    });
    const whole = range(spread(runs.map((run) => run.seconds)));
    const times = timesFloor(results, set)?.median.toFixed(2) ?? "–";
    return [
        `floor of a warm create: ${whole} s (${parts.join(", ")}, and Node's start); ours is ${times} times that`,
    ];
}

function treeLines({ trees, tools }: Results, set: string): string[] {
    return trees
        .filter((tree) => tree.set === set)
        .map((tree) => {
            const title = tools.find(({ id }) => id === tree.tool)?.title ?? tree.tool;
            const counts = [
                `${tree.files} files, ${megabytes(tree.uncompressedBytes)} MB unpacked`,
                ...(tree.tool === "ours"
                    ? []
                    : [
                          `${tree.missing.length} of ours missing`,
                          `${tree.added.length} added`,
                          `${tree.different.length} different`,
                          `${tree.notes} installers' notes, launchers and byte code`,
                      ]),
            ];
            return `  ${title}: ${counts.join(", ")}`;
        });
}

function memoryLines({ memory }: Results): string[] {
    if (memory === undefined) return [];
    const { set, idleBytes, createBytes, stallMs, packStallMs } = memory;
    return [
        "",
        "## memory and event loop",
        `${set}: ${megabytes(createBytes)} MB at most in a create, ${megabytes(idleBytes)} MB idle with the SDK loaded: ${megabytes(createBytes - idleBytes)} MB more`,
        `the event loop was held for at most ${stallMs.toFixed(0)} ms in the create (SDK loaded before), ${packStallMs.toFixed(0)} ms in packing alone`,
    ];
}

function manifestLines({ manifest }: Results): string[] {
    if (manifest === undefined) return [];
    const { packages, bytes, readMs, selectMs, againMs } = manifest;
    const ms = (value: Spread) => `${range(value, (each) => each.toFixed(0))} ms`;
    return [
        "",
        `## a uv.lock of ${packages} packages, ${megabytes(bytes)} MB`,
        `in a new process: read ${ms(readMs)}, choose files ${ms(selectMs)}; both again in the same process ${ms(againMs)}`,
    ];
}

function stackLines({ stacks, state }: Results): string[] {
    if (stacks.length === 0) return [];
    const rows = stacks.map(
        ({ layers, preview, trivialPreview, widePreview, upSeconds, trivialUpSeconds }) => [
            String(layers),
            range(preview),
            range(trivialPreview),
            `${(preview.median / trivialPreview.median).toFixed(2)}×`,
            range(widePreview),
            `${(preview.median / widePreview.median).toFixed(2)}×`,
            seconds(upSeconds),
            seconds(trivialUpSeconds),
        ],
    );
    const header = [
        ...["layers", "unchanged preview", "trivial resources", "×", "as many properties", "×"],
        ...["first up", "trivial up"],
    ];
    return [
        "",
        "## the real CLI, seconds",
        ...layOut([header, ...rows]),
        ...(state === undefined
            ? []
            : [
                  `state: ${state.layer} bytes for each layer, ${state.trivial} for a trivial dynamic resource (JSON without spaces)`,
              ]),
    ];
}

function callLines({ calls }: Results): string[] {
    if (calls.length === 0) return [];
    const rows = calls.map(({ operation, requests }) => [operation, String(requests.length)]);
    return ["", "## AWS calls", ...layOut(rows)];
}
