#!/usr/bin/env node
import { runCommandLine } from "./commandLine";
import { interruptSignal } from "./interrupt";
import { openTerminal } from "./terminal";

// A reader that has seen enough (`| head`) closes the pipe: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? 0 : 1);
});

runCommandLine(process.argv.slice(2), openTerminal(process), interruptSignal(process)).then(
    (exitCode) => {
        process.exitCode = exitCode;
    },
    (error: unknown) => {
        // Nothing that a user could act on: the stack is what a bug report needs.
        console.error(error);
        process.exitCode = 1;
    },
);
