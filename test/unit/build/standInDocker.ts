import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pythonPath } from "../../tools";

/** What the stand-in's `docker image inspect` answers; without this file it has the image only once it was pulled. */
export const dockerImageFile = (folder: string): string => join(folder, "docker-image.txt");

/** The stand-in's command lines, one each. */
export const dockerLog = (folder: string): string => join(folder, "docker.log");

/**
 * A folder for the PATH with a `docker` that runs pip with this machine's Python, where the container's command says it works.
 */
export async function standInDocker(folder: string): Promise<string> {
    const bin = join(folder, "bin");
    await mkdir(bin);
    const image = dockerImageFile(folder);
    const script = `#!/bin/sh
echo "$*" >> "${dockerLog(folder)}"
case "$1" in
    version) exit ;;
    pull) echo "[] sha256:${"a".repeat(64)}" > "${image}"; exit ;;
    image) exec cat "${image}" ;;
esac
while [ "$1" != -m ]; do
    [ "$1" = --workdir ] && cd "$2"
    shift
done
exec "${pythonPath()}" "$@"
`;
    await writeFile(join(bin, "docker"), script, { mode: 0o755 });
    return bin;
}
