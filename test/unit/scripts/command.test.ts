import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describeFailure, mustRun, runCommand } from "../../../scripts/command";

const node = (program: string, options = {}) => runCommand(process.execPath, ["-e", program], options);

describe("command", () => {
    it("gives both streams, the exit code and every line", async () => {
        const lines: string[] = [];
        const program = "console.log('out'); console.error('err'); process.exitCode = 3";
        const result = await node(program, { onLine: (line: string) => lines.push(line) });
        assert.equal(result.exitCode, 3);
        assert.equal(result.stdout, "out\n");
        assert.equal(result.stderr, "err\n");
        assert.deepEqual(lines.sort(), ["err", "out"]);
        assert.equal(result.timedOut, false);
    });

    it("has nothing to read on standard input", async () => {
        const result = await node("process.stdin.on('data', () => {}).on('end', () => console.log('end'))");
        assert.equal(result.stdout, "end\n");
    });

    it("stops what takes too long, with all it started", async () => {
        const server =
            "require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })";
        const program =
            `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(server)}], ` +
            "{ stdio: 'inherit' }); setInterval(() => {}, 1000)";
        const result = await node(program, { timeoutMs: 3_000 });
        assert.equal(result.timedOut, true);
        assert.notEqual(result.exitCode, 0);
        assert.match(describeFailure(result), /took too long and was stopped/);
        const port = Number(result.stdout);
        assert.ok(port > 0);
        const connection = connect(port, "127.0.0.1");
        await assert.rejects(once(connection, "connect"), /ECONNREFUSED/);
    });

    it("names the command and its last lines when it must not fail", async () => {
        const program = "for (let i = 1; i <= 50; i++) console.log('line ' + i); process.exitCode = 1";
        await assert.rejects(mustRun(process.execPath, ["-e", program]), (error: Error) => {
            assert.match(error.message, /ended with exit code 1/);
            assert.match(error.message, /line 50$/);
            assert.doesNotMatch(error.message, /line 30\n/);
            return true;
        });
    });

    it("rejects when there is no such program", async () => {
        await assert.rejects(runCommand("no-such-program-here", []), /ENOENT/);
    });
});
