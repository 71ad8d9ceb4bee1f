/** Who resolves and builds what a manifest leaves open. */
export const installers = ["uv", "container"] as const;
export type Installer = (typeof installers)[number];
