import { provider } from "../../provider/provider";
import { report, setting, timed, watchingEventLoop } from "./report";

/**
 * One create through the provider's hooks, as Pulumi's plugin process calls them: check, then create.
 * `BENCH_MODE`: `idle` makes the clients and creates nothing; `watched` loads the SDK first, then watches the event loop.
 */
async function main(): Promise<void> {
    const endpoint = setting("AWS_ENDPOINT_URL");
    const settings: Readonly<Record<string, string>> = {
        "aws:region": setting("AWS_REGION"),
        "aws:accessKey": "test",
        "aws:secretKey": "test",
        "aws:endpoints": JSON.stringify([{ lambda: endpoint, s3: endpoint, sts: endpoint }]),
        "aws:s3UsePathStyle": "true",
    };
    await provider.configure({
        config: { get: (key: string) => settings[key], require: (key: string) => settings[key] ?? "" },
    });
    const mode = process.env["BENCH_MODE"];
    if (mode !== undefined) {
        await Promise.all([
            import("@aws-sdk/client-s3"),
            import("@aws-sdk/client-lambda"),
            import("@aws-sdk/client-sts"),
            import("../../provider/create"),
            import("../../provider/check"),
        ]);
    }
    if (mode === "idle") {
        await report({ steps: {} });
        return;
    }
    const create = async () => {
        const checked = await provider.check({}, layerArguments());
        return provider.create(checked.inputs);
    };
    const [[, seconds], stallMs] =
        mode === "watched" ? await watchingEventLoop(() => timed(create)) : [await timed(create), undefined];
    await report({ steps: { create: seconds }, stallMs });
}

function layerArguments(): Record<string, unknown> {
    const layerName = setting("BENCH_LAYER");
    const urn = `urn:pulumi:dev::bench::pulumi-nodejs:dynamic/lambda:PythonLayer::${layerName}`;
    return {
        owner: `organization/${urn}`,
        manifest: "uv.lock",
        bucket: setting("BENCH_BUCKET"),
        layerName,
        pythonVersion: setting("BENCH_PYTHON_VERSION"),
        architecture: setting("BENCH_ARCHITECTURE"),
    };
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
