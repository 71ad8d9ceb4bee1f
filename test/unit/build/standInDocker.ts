import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pythonPath } from "../../tools";

/** What the stand-in's `docker image inspect` answers; without this file it has the image only once it was pulled. */
export const dockerImageFile = (folder: string): string => join(folder, "docker-image.txt");

/** The stand-in's command lines, one each. */
export const dockerLog = (folder: string): string => join(folder, "docker.log");

/** A file with its process id for each container that runs, by name. */
export const dockerContainers = (folder: string): string => join(folder, "docker-containers");

/**
 * A folder for the PATH with a `docker` that has no daemon: `run` starts this machine's Python, with nothing but the variables of `--env`,
 * as a process that its client's end does not reach; `kill` and `rm --force` end it.
 */
export async function standInDocker(folder: string): Promise<string> {
    const bin = join(folder, "bin");
    await mkdir(bin);
    await mkdir(dockerContainers(folder));
    await writeFile(join(bin, "docker"), program(folder), { mode: 0o755 });
    return bin;
}

const program = (folder: string) => `#!${pythonPath()} -I
import os, signal, subprocess, sys
log, containers, image = ${JSON.stringify([dockerLog(folder), dockerContainers(folder), dockerImageFile(folder)])}
args = sys.argv[1:]
with open(log, "a") as out:
    out.write(" ".join(args) + "\\n")

def end(name):
    path = os.path.join(containers, name)
    try:
        pid = int(open(path).read())
    except OSError:
        sys.exit(f"Error response from daemon: No such container: {name}")
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.unlink(path)

def run(args):
    name, env, folder, user_input = None, {"PATH": "/usr/local/bin:/usr/bin:/bin"}, "/", subprocess.DEVNULL
    at = 0
    while args[at].startswith("-"):
        option = args[at]
        if option in ("--rm", "--init"):
            at += 1
            continue
        if option in ("-i", "--interactive"):
            user_input = None
            at += 1
            continue
        value = args[at + 1]
        at += 2
        if option == "--name": name = value
        elif option == "--workdir": folder = value
        elif option == "--env":
            key, has_value, text = value.partition("=")
            if has_value: env[key] = text
            elif key in os.environ: env[key] = os.environ[key]
        elif option not in ("--platform", "--user", "--volume", "--entrypoint"):
            sys.exit("unknown flag: " + option)
    child = subprocess.Popen([sys.executable, *args[at + 1:]], cwd=folder, env=env, stdin=user_input, start_new_session=True)
    path = os.path.join(containers, name or str(child.pid))
    with open(path, "w") as out: out.write(str(child.pid))
    code = child.wait()
    if os.path.exists(path): os.unlink(path)
    sys.exit(code if code >= 0 else 128 - code)

if args[0] == "version": print("99.0")
elif args[0] == "run": run(args[1:])
elif args[0] == "kill": end(args[1])
elif args[0] == "rm": end(args[-1])
elif args[0] == "image":
    try:
        print(open(image).read().strip())
    except OSError:
        sys.exit("Error: No such image")
elif args[0] == "pull":
    with open(image, "w") as out: out.write("[] sha256:${"a".repeat(64)}\\n")
else: sys.exit("unknown command: " + args[0])
`;
