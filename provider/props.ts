/** Properties of a resource as they come over the wire: JSON, of any shape until it has been checked. */
export type Props = Readonly<Record<string, unknown>>;

/** A text property, or `undefined` when it is absent or something else. */
export const textOf = (props: Props, name: string): string | undefined => {
    const value = props[name];
    return typeof value === "string" && value !== "" ? value : undefined;
};

/** A list of texts, empty when it is absent or something else. */
export const textsOf = (props: Props, name: string): string[] => {
    const value = props[name];
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
};

/**
 * The same value without `undefined` at any depth, and an error for what JSON can't say.
 *
 * Pulumi throws on `undefined` in a result *after* the hook has done its work: the version would exist and not be in
 * the state. So this runs on everything that is handed back.
 */
export function jsonProps(value: Props): Record<string, unknown> {
    return Object.fromEntries(
        Object.entries(value)
            .filter(([, member]) => member !== undefined)
            .map(([name, member]) => [name, jsonValue(member)]),
    );
}

function jsonValue(value: unknown): unknown {
    if (value === null || ["string", "boolean"].includes(typeof value)) {
        return value;
    }
    if (typeof value === "number" && Number.isFinite(value)) {
        return value;
    }
    if (Array.isArray(value)) {
        return value.map((item) => (item === undefined ? null : jsonValue(item)));
    }
    if (typeof value === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
        return jsonProps(value as Props);
    }
    throw new TypeError(`a ${typeof value} cannot be kept in state`);
}

/** Whether two JSON values are equal; the order of properties does not count. */
export function sameValue(left: unknown, right: unknown): boolean {
    if (left === right) {
        return true;
    }
    if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) {
        return false;
    }
    if (Array.isArray(left) !== Array.isArray(right)) {
        return false;
    }
    const [leftNames, rightNames] = [definedNames(left), definedNames(right)];
    return (
        leftNames.length === rightNames.length &&
        // "__proto__" is a name like any other here, and must not find what every object has.
        leftNames.every(
            (name) => Object.hasOwn(right, name) && sameValue((left as Props)[name], (right as Props)[name]),
        )
    );
}

const definedNames = (value: object): string[] =>
    Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([name]) => name);
