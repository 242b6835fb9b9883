import { useState } from "preact/hooks";
import { nextTheme, storedTheme, type Theme } from "../app/theme.ts";

const signs: Readonly<Record<Theme, string>> = { system: "◐", light: "☀", dark: "☾" };

/** Changes between the system's colours, light and dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme);
  return (
    <button
      class="quiet icon"
      aria-label={`Colours: ${theme}`}
      title={`Colours: ${theme}`}
      onClick={() => setTheme(nextTheme(theme))}
    >
      {signs[theme]}
    </button>
  );
}
