import { readFile } from "node:fs/promises";
import path from "node:path";

/** The version of this package, from its package.json. */
export async function packageVersion(): Promise<string> {
    // The same distance from the sources and from what is published.
    const text = await readFile(path.join(__dirname, "..", "..", "package.json"), "utf8");
    const { version }: { readonly version?: unknown } = JSON.parse(text);
    return typeof version === "string" ? version : "unknown";
}
