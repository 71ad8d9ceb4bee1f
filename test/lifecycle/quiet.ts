/** Everything that the product says on the console while `work` runs; nothing of it is printed. */
export async function quietly<Result>(work: () => Promise<Result>, lines: string[] = []): Promise<Result> {
    const { log, warn } = console;
    const take = (...parts: readonly unknown[]) => {
        lines.push(parts.map(String).join(" "));
    };
    console.log = take;
    console.warn = take;
    try {
        return await work();
    } finally {
        console.log = log;
        console.warn = warn;
    }
}
