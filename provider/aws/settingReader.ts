/**
 * Reads one value of the stack's configuration by its full name; `undefined` where it is not set. Pulumi hands every value on as
 * text, structured ones as JSON; an explicit provider may hand on what the program gave.
 */
export type GetSetting = (key: string) => unknown;

/** Reads `aws:` settings. What cannot be understood counts as not set, and is among the {@link problems}. */
export interface SettingReader {
    /** A text without white space around it. Of several names the first that is set counts. */
    readonly text: (...names: readonly string[]) => string | undefined;
    readonly flag: (...names: readonly string[]) => boolean | undefined;
    /** A whole number, 0 or more. */
    readonly count: (name: string) => number | undefined;
    readonly oneOf: <Word extends string>(name: string, words: readonly Word[]) => Word | undefined;
    /** The items of a list in JSON. A single value counts as a list of one. */
    readonly list: (name: string) => readonly unknown[];
    /** A list of texts that each are as `pattern` has it. */
    readonly texts: (name: string, pattern?: RegExp, meaning?: string) => readonly string[];
    /** What keeps a setting from being followed: `aws:maxRetries must be …`. No value that may be a secret is in it. */
    readonly problem: (name: string, sentence: string) => void;
    readonly problems: readonly string[];
}

export function createSettingReader(get: GetSetting): SettingReader {
    const problems: string[] = [];
    const problem = (name: string, sentence: string) => {
        problems.push(`aws:${name} ${sentence}`);
    };
    const raw = (name: string): string | undefined => {
        const value = get(`aws:${name}`);
        if (value === undefined || value === null || value === "") {
            return undefined;
        }
        return typeof value === "string" ? value : JSON.stringify(value);
    };
    const text = (...names: readonly string[]): string | undefined => {
        for (const name of names) {
            const value = raw(name);
            if (value === undefined) {
                continue;
            }
            if (value === value.trim()) {
                return value;
            }
            problem(name, "has white space before or after it");
        }
        return undefined;
    };
    const list = (name: string): readonly unknown[] => {
        const value = raw(name);
        if (value === undefined) {
            return [];
        }
        const parsed = parseJson(value);
        if (parsed === undefined) {
            problem(name, "is not JSON");
            return [];
        }
        const items: unknown = parsed.value;
        return Array.isArray(items) ? items : items === null || items === "" ? [] : [items];
    };
    return {
        problems,
        problem,
        text,
        list,
        flag: (...names) => {
            const value = text(...names);
            if (value !== undefined && value !== "true" && value !== "false") {
                problem(names.find((name) => raw(name) !== undefined) ?? "", "must be true or false");
            }
            return value === "true" ? true : value === "false" ? false : undefined;
        },
        count: (name) => {
            const value = text(name);
            if (value === undefined || /^\d{1,9}$/.test(value)) {
                return value === undefined ? undefined : Number(value);
            }
            problem(name, "must be a whole number, 0 or more");
            return undefined;
        },
        oneOf: (name, words) => {
            const value = text(name);
            const word = words.find((each) => each === value);
            if (value !== undefined && word === undefined) {
                problem(name, `must be ${words.map((each) => `"${each}"`).join(" or ")}`);
            }
            return word;
        },
        texts: (name, pattern = /\S/, meaning = "texts") => {
            const items = list(name).map((item) => (typeof item === "number" ? String(item) : item));
            if (items.every((item): item is string => typeof item === "string" && pattern.test(item))) {
                return items;
            }
            problem(name, `must be a list of ${meaning}`);
            return [];
        },
    };
}

function parseJson(text: string): { readonly value: unknown } | undefined {
    try {
        return { value: JSON.parse(text) };
    } catch {
        return undefined;
    }
}
