import { pythonVersions } from "../target";

/** Lambda's runtimes for other languages than Python: the values of `Runtime` in the AWS SDK's service model. */
const otherRuntimes = [
    ..."dotnet10 dotnet6 dotnet8 dotnetcore1.0 dotnetcore2.0 dotnetcore2.1 dotnetcore3.1 go1.x".split(" "),
    ..."java8 java8.al2 java8.al2023 java11 java11.al2023 java17 java17.al2023 java21 java25".split(" "),
    ..."nodejs nodejs4.3 nodejs4.3-edge nodejs6.10 nodejs8.10 nodejs10.x nodejs12.x nodejs14.x".split(" "),
    ..."nodejs16.x nodejs18.x nodejs20.x nodejs22.x nodejs24.x nodejs26.x".split(" "),
    ..."provided provided.al2 provided.al2023 ruby2.5 ruby2.7 ruby3.2 ruby3.3 ruby3.4 ruby4.0".split(" "),
];

const retiredPythons = ["python2.7", "python3.6", "python3.7", "python3.8"];

const known: ReadonlySet<string> = new Set([
    ...pythonVersions.map((version) => `python${version}`),
    ...retiredPythons,
    ...otherRuntimes,
]);

/**
 * What to say of a runtime that this release does not know, with those of its language that it does; `undefined` for a known one.
 * Lambda gets new runtimes, so an unknown one is no error.
 */
export function unknownRuntime(runtime: string): string | undefined {
    if (known.has(runtime)) return;
    const language = /^[a-z]+/.exec(runtime)?.[0] ?? "";
    const related = [...known].filter((each) => each.startsWith(language) && !retiredPythons.includes(each));
    return `compatibleRuntimes names "${runtime}", which this release of pulumi-lambda-layer does not know. It knows ${related.join(", ")}.`;
}
