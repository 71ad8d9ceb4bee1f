import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { repository } from "../../../scripts/cacheFolder";
import { loaderOf } from "../../loader";

const shutdown = require.resolve("../../../scripts/shutdown");
const command = require.resolve("../../../scripts/command");

/** A program that registers clean-ups and a command, says that it is ready, and waits. */
const program = `
    const { atShutdown } = require(${JSON.stringify(shutdown)});
    const { runCommand } = require(${JSON.stringify(command)});
    atShutdown(async () => { await new Promise((done) => setTimeout(done, 200)); console.log("first"); });
    atShutdown(() => { throw new Error("no use"); });
    atShutdown((signal) => console.log("last " + signal));
    atShutdown(() => console.log("never"))().then(() => {
        runCommand("sleep", ["600"]).then((result) => console.log("sleep " + result.exitCode));
        atShutdown(() => runCommand("true", []).catch((error) => console.log(error.message)));
        console.log("ready");
    });`;

describe("shutdown", () => {
    for (const [signal, exitCode] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const]) {
        it(`on ${signal} ends commands, cleans up newest first and exits with ${exitCode}`, async () => {
            const child = spawn(process.execPath, [...loaderOf(shutdown), "-e", program], {
                cwd: repository,
                stdio: ["ignore", "pipe", "pipe"],
            });
            let output = "";
            child.stdout.setEncoding("utf8").on("data", (text: string) => {
                output += text;
                if (text.includes("ready")) {
                    // npm and mocha pass on what the terminal has sent already.
                    child.kill(signal);
                    child.kill(signal);
                }
            });
            let errors = "";
            child.stderr.setEncoding("utf8").on("data", (text: string) => {
                errors += text;
            });
            const [code] = await once(child, "close");
            assert.equal(code, exitCode, errors);
            const lines = output.trim().split("\n");
            const expected = ["never", "ready", "sleep null", "Interrupted.", `last ${signal}`, "first"];
            assert.deepEqual(lines, expected);
            assert.match(errors, /Clean-up failed: no use/);
        });
    }
});
