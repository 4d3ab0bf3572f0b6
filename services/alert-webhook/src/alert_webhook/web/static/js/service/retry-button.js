// Asks to try again what was given up, and says how the asking went.

import { element, write } from "../element.js";

export function retryButton(api, path, name) {
  const label = `Try again: ${name}`;
  const properties = { type: "button", class: "quiet", "aria-label": label, data: { key: path } };
  const button = element("button", properties, "Try again");
  const note = element("span", { class: "retry-note", role: "status" });
  button.addEventListener("click", async () => {
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    write(note, "Asking …");
    try {
      await api.change("POST", path);
      write(note, "Queued.");
    } catch (problem) {
      write(note, `Not queued: ${problem.message}`);
    }
    button.ariaDisabled = "false";
  });
  return element("span", { class: "retry" }, button, note);
}
