/** The autostart entry of Linux desktops (freedesktop.org, Desktop Application Autostart). */

/** @param program absolute path; quoted as the Desktop Entry Specification says under "The Exec key" */
export function autostartEntry(program: string): string {
  const quoted = `"${program.replaceAll(/[\\"`$]/g, (character) => `\\${character}`).replaceAll('%', '%%')}"`;
  // The value of a string key is unescaped once before the quoting is read.
  const exec = `${quoted} --hidden`.replaceAll('\\', '\\\\');
  return `[Desktop Entry]\nType=Application\nName=Descry\nExec=${exec}\nX-GNOME-Autostart-enabled=true\n`;
}
