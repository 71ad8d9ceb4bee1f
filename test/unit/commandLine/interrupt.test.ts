import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { interruptSignal } from "../../../provider/commandLine/interrupt";
import { isLayerError } from "../../../provider/errors";

/** A process that nobody ends. */
function pretendedProcess() {
    const events = new EventEmitter();
    const exits: number[] = [];
    return { events, exits, on: events.on.bind(events), exit: (code: number) => exits.push(code) };
}

describe("an interrupt", () => {
    for (const name of ["SIGINT", "SIGTERM"] as const) {
        it(`by ${name} ends the work first, and the process when it comes again`, () => {
            const pretended = pretendedProcess();
            const signal = interruptSignal(pretended);
            assert.equal(signal.aborted, false);
            pretended.events.emit(name);
            assert.ok(isLayerError(signal.reason));
            assert.equal(signal.reason.code, "ABORTED");
            assert.deepEqual(pretended.exits, []);
            pretended.events.emit(name);
            assert.deepEqual(pretended.exits, [130]);
        });
    }
});
