/* Loaded into a process with NODE_OPTIONS: refuses every connection that leaves the machine and notes it, with every program started. */
const { appendFileSync } = require("node:fs");
const childProcess = require("node:child_process");
const dns = require("node:dns");
const net = require("node:net");

const note = (what) => appendFileSync(process.env.NETWORK_GUARD_LOG, `${what}\n`);
const isLocal = (host) => ["127.0.0.1", "::1", "localhost", "0.0.0.0"].includes(host);

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function guarded(...args) {
    const [first, second] = Array.isArray(args[0]) ? args[0] : args;
    const isOptions = typeof first === "object" && first !== null;
    const path = isOptions ? first.path : typeof first === "string" ? first : undefined;
    const host = (isOptions ? first.host : typeof second === "string" ? second : undefined) ?? "localhost";
    if (path === undefined && !isLocal(host)) {
        note(`connect ${host}`);
        throw new Error(`connect ENETUNREACH ${host}`);
    }
    return connect.apply(this, args);
};

const lookup = dns.lookup;
dns.lookup = function guarded(host, ...rest) {
    if (!isLocal(host)) {
        note(`lookup ${host}`);
    }
    return lookup.call(this, host, ...rest);
};

const spawn = childProcess.spawn;
childProcess.spawn = function noted(file, ...rest) {
    note(`spawn ${file}`);
    return spawn.call(this, file, ...rest);
};
note("loaded");
