const page =
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Blocked by proxy<br></body></html>";

const http = (status: string, headers: readonly string[], body: string): string =>
    `HTTP/1.1 ${status}\r\n${[...headers, "connection: close"].map((line) => `${line}\r\n`).join("")}\r\n${body}`;

const html = (status: string, more: readonly string[] = []) =>
    http(status, ["content-type: text/html; charset=utf-8", `content-length: ${page.length}`, ...more], page);

const cutOff = (status: string, type: string, body: string) =>
    http(status, [`content-type: ${type}`, `content-length: ${body.length + 500}`], body);

/** What may come over a connection and is no answer of AWS, by name: bytes as they are sent before the connection ends. */
export const garbage: Readonly<Record<string, Buffer | string>> = {
    "random bytes": Buffer.from([0, 1, 2, 255, 13, 10, 13, 10]),
    "another protocol's greeting": "SSH-2.0-OpenSSH_9.6\r\n",
    "a TLS alert": Buffer.from([0x15, 3, 1, 0, 2, 2, 0x28]),
    "half a header": "HTTP/1.1 200 OK\r\nContent-Ty",
    "an end without a byte": "",
    "a status that is none": "HTTP/1.1 banana\r\n\r\n",
    "a broken chunk": http("200 OK", ["transfer-encoding: chunked"], "zz\r\nabc"),
    "JSON that breaks off": cutOff("200 OK", "application/json", '{"LayerVersions": ['),
    "XML that breaks off": cutOff("200 OK", "application/xml", "<ListBucketResult><Contents>"),
    "JSON shorter than it is": http(
        "200 OK",
        ["content-type: application/json", "content-length: 5"],
        '{"LayerVersions": []}',
    ),
    "a refusal that breaks off": cutOff("404 Not Found", "application/xml", "<Error><Code>NoSuch"),
    "an empty yes": http("200 OK", ["content-length: 0"], ""),
    "a list where an object belongs": http(
        "200 OK",
        ["content-type: application/json", "content-length: 2"],
        "[]",
    ),
    "a proxy's page": html("200 OK"),
    "a proxy's page that says 404": html("404 Not Found"),
    "a proxy's page that says 403": html("403 Forbidden"),
    "a way to a sign-in page": html("302 Found", ["location: http://127.0.0.1:9/sign-in"]),
    "a server's 404 in plain words": http(
        "404 Not Found",
        ["content-type: text/plain; charset=utf-8", "content-length: 19"],
        "404 page not found\n",
    ),
    "an empty 404": http("404 Not Found", ["content-length: 0"], ""),
    "an empty 403 of JSON": http(
        "403 Forbidden",
        ["content-type: application/json", "content-length: 0"],
        "",
    ),
    "somebody else's 404": http(
        "404 Not Found",
        ["content-type: application/json", "content-length: 21"],
        '{"error":"not found"}',
    ),
    "somebody else's 412": http("412 Precondition Failed", ["content-length: 0"], ""),
    "a proxy's 502": html("502 Bad Gateway"),
};

/** Those that are no answer to a HEAD either, which has no body to go by. */
export const garbageForHead = Object.fromEntries(
    Object.entries(garbage).filter(
        ([name]) => !/breaks off|shorter|empty yes|a list where|broken chunk/.test(name),
    ),
);
