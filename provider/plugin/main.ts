import { readFileSync } from "node:fs";
import path from "node:path";
import { startServer } from "./server";

/** The version in the package.json beside the bundled script, or where the package's own one is. */
function readVersion(): string {
    for (const folder of [".", path.join("..", "..")]) {
        try {
            const text = readFileSync(path.join(__dirname, folder, "package.json"), "utf8");
            const { version }: { readonly version?: unknown } = JSON.parse(text);
            if (typeof version === "string") return version;
        } catch {
            // It is in the other place.
        }
    }
    return "0.0.0";
}

// The engine's Cancel ends the work; Ctrl-C reaches this process too where a shell hands it to the whole group.
process.on("SIGINT", () => undefined);

startServer(process, { version: readVersion(), schema: () => "{}" }).then(
    // The engine reads the port off the first line.
    (port) => process.stdout.write(`${port}\n`),
    (error: unknown) => {
        console.error(error);
        process.exitCode = 1;
    },
);
