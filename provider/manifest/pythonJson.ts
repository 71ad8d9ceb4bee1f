import { isTable } from "./toml";

/** What stands between items, and between a key and its value. */
interface Separators {
    readonly comma: string;
    readonly colon: string;
}

/** A value as Python's json module writes it with its keys sorted; undefined for numbers with a fraction, dates and the like. */
export function pythonJson(
    value: unknown,
    separators: Separators = { comma: ", ", colon: ": " },
): string | undefined {
    if (typeof value === "string") {
        return JSON.stringify(value).replace(
            /[\u007f-\uffff]/g,
            (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
    }
    if (value === null || typeof value === "boolean") return String(value);
    if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : undefined;
    if (Array.isArray(value)) {
        const items = value.map((item) => pythonJson(item, separators));
        return items.includes(undefined) ? undefined : `[${items.join(separators.comma)}]`;
    }
    if (!isTable(value)) return undefined;
    const entries = Object.entries(value)
        .sort(([left], [right]) => byCodePoint(left, right))
        .map(([key, item]) => [pythonJson(key), pythonJson(item, separators)] as const);
    return entries.some(([, item]) => item === undefined)
        ? undefined
        : `{${entries.map(([key, item]) => `${key}${separators.colon}${item}`).join(separators.comma)}}`;
}

const byCodePoint = (left: string, right: string): number =>
    Buffer.compare(Buffer.from(left), Buffer.from(right));
