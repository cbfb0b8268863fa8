/** What opens a directory as a double click does. */
export function openFolder(platform: NodeJS.Platform, path: string): readonly [string, ...string[]] {
  if (platform === "darwin") return ["open", path];
  return platform === "win32" ? ["explorer.exe", path] : ["xdg-open", path];
}
