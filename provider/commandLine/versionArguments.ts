import { UsageError } from "./options";

/** The `s3://` address among a command's arguments, wherever it stands, and the rest. Throws UsageError for two. */
export function splitAddress(positionals: readonly string[]): {
    readonly address: string | undefined;
    readonly rest: readonly string[];
} {
    const addresses = positionals.filter((each) => each.startsWith("s3://"));
    if (addresses.length > 1) {
        throw new UsageError(`One address is enough, and ${addresses.length} were given.`);
    }
    return { address: addresses[0], rest: positionals.filter((each) => !each.startsWith("s3://")) };
}

/** Whether an argument names a version rather than a file. */
export const isVersionText = (text: string): boolean => text === "latest" || /^[1-9]\d{0,15}$/.test(text);

/** Throws UsageError unless the argument names a version. */
export function requireVersionText(text: string): void {
    if (!isVersionText(text)) {
        throw new UsageError(`${JSON.stringify(text)} is no version: give a number, or latest.`);
    }
}
