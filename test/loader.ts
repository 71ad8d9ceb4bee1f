const register = require.resolve("ts-node/register/transpile-only");

/**
 * Arguments of Node with which a process can load this module: the tests run from compiled files in `npm test`, and from the
 * sources where mocha is called directly.
 */
export const loaderOf = (module: string): readonly string[] =>
    module.endsWith(".ts") ? ["-r", register] : [];

/** The same as a statement of a program. */
export const loadStatement = (module: string): string =>
    module.endsWith(".ts") ? `require(${JSON.stringify(register)});` : "";
